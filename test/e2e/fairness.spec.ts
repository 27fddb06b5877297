import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { startStack, useStack } from '../support/gateway.js';

describe('beside a caller that sends five times as many requests as the service can answer', () => {
  const file = new KeyFile();
  const carelessKey = file.add('careless', '*');
  const other = file.add('other', '*');
  file.write();
  const stack = useStack({
    AUTH_MODE: 'api-key',
    AUTH_API_KEYS_FILE: file.path,
    // Above 80 a second, also where a busy machine sends the requests of several turns of the timer at once.
    RATE_LIMIT_REQUESTS: '1000',
    UPSTREAM_MAX_CONCURRENCY: '8',
    UPSTREAM_MAX_QUEUE: '64',
    CACHE_MIN_REVALIDATE_MS: '100',
  });
  afterAll(() => {
    file.delete();
  });

  const get = async (id: string, headers: Record<string, string>, signal?: AbortSignal) => {
    const { status, headers: received } = await fetch(`${stack.gateway.url}/instances/${id}`, {
      headers,
      signal: signal ?? null,
    });
    return { status, age: received.get('age') };
  };

  /**
   * Sends a request, and counts the calls that the service gets before the call of this request. The service answers 16 calls
   * a second. So after 24 calls, and the 500 ms of its own call, the answer comes two seconds after the request. Calls are
   * counted because a busy machine slows everything down.
   */
  const getInTurn = async (id: string, headers: Record<string, string> = {}) => {
    const { calls } = stack.emulator;
    const earlier = calls.count();
    const answer = await get(id, { 'x-api-key': other, ...headers });
    const asked = calls.list().findLastIndex(({ instanceId }) => instanceId === id);
    return { ...answer, callsBefore: asked - earlier };
  };

  /** Has the careless caller send 80 requests a second until the test ends. */
  const flood = async (idOf: (number: number) => string, headers: Record<string, string> = {}) => {
    stack.emulator.faults.add({ kind: 'latency', ms: 500 });
    const stop = new AbortController();
    const statuses = new Set<number>();
    const careless = { sent: 0, statuses };
    const timer = setInterval(() => {
      for (let n = 0; n < 4; n += 1) {
        careless.sent += 1;
        void get(idOf(careless.sent), { 'x-api-key': carelessKey, ...headers }, stop.signal).then(
          ({ status }) => statuses.add(status),
          () => undefined,
        );
      }
    }, 50);
    onTestFinished(() => {
      clearInterval(timer);
      stop.abort();
    });
    // By then the careless caller has all places, and fills the queue.
    await sleep(1500);
    return careless;
  };

  it('another caller gets each answer in less than two seconds', { timeout: 20_000 }, async () => {
    const ids = Array.from({ length: 5 }, (_, n) => `other-${n}`);
    for (const id of ids) stack.emulator.instances.put({ InstanceId: id });
    const careless = await flood((number) => `careless-${number}`);
    const answers = [];
    for (const id of ids) {
      answers.push(getInTurn(id));
      await sleep(200);
    }
    for (const { status, callsBefore } of await Promise.all(answers)) {
      expect(status).toBe(200);
      expect(callsBefore).toBeLessThan(24);
    }
    expect(careless.sent).toBeGreaterThan(100);
    expect([...careless.statuses].toSorted()).toStrictEqual([404, 503]);
  });

  it.each([
    ['has just asked for', 0],
    ['asked for a moment before', 30],
    ['asked for long before', 60],
  ])('another caller gets in time what the careless one %s', { timeout: 20_000 }, async (_, requestsAgo) => {
    const careless = await flood((number) => `shared-${requestsAgo}-${number}`);
    const answers = [];
    for (let n = 0; n < 5; n += 1) {
      answers.push(getInTurn(`shared-${requestsAgo}-${careless.sent - requestsAgo}`));
      await sleep(200);
    }
    for (const { status, callsBefore } of await Promise.all(answers)) {
      expect(status).toBe(404);
      expect(callsBefore).toBeLessThan(24);
    }
  });

  it(
    'another caller gets in time a fresh copy of what the careless one keeps asking for',
    { timeout: 20_000 },
    async () => {
      stack.emulator.instances.put({ InstanceId: 'common' });
      const noCache = { 'cache-control': 'no-cache' };
      await flood((number) => (number % 4 === 0 ? 'common' : `fresh-${number}`), noCache);
      for (let n = 0; n < 3; n += 1) {
        const { status, age, callsBefore } = await getInTurn('common', noCache);
        expect(status).toBe(200);
        // An answer that was fetched for this request has no age.
        expect(age).toBeNull();
        expect(callsBefore).toBeLessThan(24);
      }
    },
  );
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
