import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { startStack, useStack } from '../support/gateway.js';

describe('beside a caller that sends five times as many requests as the service can answer', () => {
  const file = new KeyFile();
  const careless = file.add('careless', '*');
  const other = file.add('other', '*');
  file.write();
  const stack = useStack({
    AUTH_MODE: 'api-key',
    AUTH_API_KEYS_FILE: file.path,
    RATE_LIMIT_REQUESTS: '100',
    UPSTREAM_MAX_CONCURRENCY: '8',
    UPSTREAM_MAX_QUEUE: '64',
  });
  afterAll(() => {
    file.delete();
  });

  const get = async (id: string, key: string, signal?: AbortSignal): Promise<number> => {
    const headers = { 'x-api-key': key };
    const { status } = await fetch(`${stack.gateway.url}/instances/${id}`, {
      headers,
      signal: signal ?? null,
    });
    return status;
  };

  /**
   * Sends a request, and counts the calls that the service gets before the call of this request. The service answers 16 calls
   * a second. So after 24 calls, and the 500 ms of its own call, the answer comes two seconds after the request. Calls are
   * counted because a busy machine slows everything down.
   */
  const getInTurn = async (id: string) => {
    const { calls } = stack.emulator;
    const earlier = calls.count();
    const status = await get(id, other);
    return { status, callsBefore: calls.list().findIndex(({ instanceId }) => instanceId === id) - earlier };
  };

  it('another caller gets each answer in less than two seconds', { timeout: 20_000 }, async () => {
    const ids = Array.from({ length: 5 }, (_, n) => `other-${n}`);
    for (const id of ids) stack.emulator.instances.put({ InstanceId: id });
    stack.emulator.faults.add({ kind: 'latency', ms: 500 });
    const stop = new AbortController();
    const statuses = new Set<number>();
    let sent = 0;
    // 80 requests a second, each for another id that does not exist.
    const timer = setInterval(() => {
      for (let n = 0; n < 4; n += 1) {
        sent += 1;
        void get(`careless-${sent}`, careless, stop.signal).then(
          (status) => statuses.add(status),
          () => undefined,
        );
      }
    }, 50);
    onTestFinished(() => {
      clearInterval(timer);
      stop.abort();
    });
    // By now the careless caller has all places, and fills the queue.
    await sleep(1500);
    const answers = [];
    for (const id of ids) {
      answers.push(getInTurn(id));
      await sleep(200);
    }
    for (const { status, callsBefore } of await Promise.all(answers)) {
      expect(status).toBe(200);
      expect(callsBefore).toBeLessThan(24);
    }
    expect(sent).toBeGreaterThan(100);
    expect([...statuses].toSorted()).toStrictEqual([404, 503]);
  });
});

describe('callers without a credential', () => {
  it('take their turns by address', async () => {
    const { emulator, gateway, close } = await startStack({
      TRUST_PROXY: 'true',
      AUTH_MODE: 'none',
      UPSTREAM_MAX_CONCURRENCY: '1',
    });
    onTestFinished(close);
    emulator.faults.add({ kind: 'latency', ms: 100 });
    const finished: string[] = [];
    const get = async (id: string, address: string) => {
      await gateway.http.get(`/instances/${id}`).set('x-forwarded-for', address).expect(200);
      finished.push(id);
    };
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const id of [...ids, 'other']) emulator.instances.put({ InstanceId: id });
    const careless = ids.map((id) => get(id, '203.0.113.1'));
    await expect.poll(() => emulator.calls.count()).toBe(1);
    await Promise.all([...careless, get('other', '203.0.113.2')]);
    expect(finished.indexOf('other')).toBeLessThanOrEqual(2);
  });
});
