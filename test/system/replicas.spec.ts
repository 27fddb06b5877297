import { namespaceOf } from '@app/redis-store';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Emulator, startEmulator } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { KEY_VARIABLES, SAMPLE_ID, startTestGateway, type TestGateway } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';

const redisPath = findProgram('redis-server');
const ACCOUNT = {
  secret: KEY_VARIABLES.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
  accessKeyId: KEY_VARIABLES.ALIBABA_CLOUD_ACCESS_KEY_ID,
};

describe.skipIf(redisPath === undefined)('two gateways and one Redis (redis-server)', () => {
  let redis: RedisServer;
  let emulator: Emulator;
  let gateways: readonly [TestGateway, TestGateway];
  beforeEach(async () => {
    redis = await startRedisServer(redisPath!);
    emulator = await startEmulator();
    const variables = { OUTBOUNDBOT_ENDPOINT: emulator.endpoint, REDIS_URL: redis.url };
    gateways = [await startTestGateway(variables), await startTestGateway(variables)];
  });
  afterEach(async () => {
    for (const gateway of gateways) await gateway.close();
    await emulator.close();
    await redis.stop();
  });

  async function ask(gateway: TestGateway, id = SAMPLE_ID) {
    const startedAt = performance.now();
    const response = await fetch(`${gateway.url}/instances/${id}`);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      tookMs: performance.now() - startedAt,
    };
  }
  function advance(ms: number): void {
    for (const { clock } of gateways) clock.advance(ms);
  }

  it('make one upstream call for an id that is requested from both, one after the other', async () => {
    const first = await ask(gateways[0]);
    const second = await ask(gateways[1]);
    expect([first.status, second.status]).toStrictEqual([200, 200]);
    expect(second.text).toBe(first.text);
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(second.headers.get('cache-status')).toMatch(/^outboundbot-gateway; hit; ttl=[34]$/);
    expect(second.headers.get('age')).toBe('0');
    expect(emulator.calls.count()).toBe(1);
  });

  it('make one upstream call for an id that is requested from both at once', async () => {
    emulator.faults.add({ kind: 'latency', ms: 100 });
    const answers = await Promise.all(
      gateways.flatMap((gateway) => Array.from({ length: 20 }, () => ask(gateway))),
    );
    for (const { status } of answers) expect(status).toBe(200);
    expect(emulator.calls.count()).toBe(1);
  });

  it('share the knowledge that an instance does not exist', async () => {
    expect((await ask(gateways[0], 'nope')).status).toBe(404);
    expect((await ask(gateways[1], 'nope')).status).toBe(404);
    expect(emulator.calls.count()).toBe(1);
  });

  it('never serve a stale instance after one of them has learned that it is gone', async () => {
    for (const gateway of gateways) expect((await ask(gateway)).status).toBe(200);
    emulator.instances.delete(SAMPLE_ID);
    advance(40_000);
    expect((await ask(gateways[0])).status).toBe(404);
    emulator.faults.add({ kind: 'error', code: 'InternalError' });
    advance(10_000);
    // The second gateway has an old copy of its own, and could otherwise serve it on an error.
    expect((await ask(gateways[1])).status).toBe(502);
  });

  it('never let a slow answer replace a newer one of the other replica', async () => {
    emulator.faults.add({ kind: 'instance', instance: { InstanceId: 'slow' }, delayMs: 1600, times: 1 });
    const slow = ask(gateways[0], 'slow');
    await expect.poll(() => emulator.calls.count()).toBe(1);
    expect((await ask(gateways[1], 'slow')).status).toBe(404);
    expect((await slow).status).toBe(200);
    expect((await ask(gateways[1], 'slow')).status).toBe(404);
    expect(emulator.calls.count()).toBe(2);
    // The slow gateway does not serve its own copy as stale either.
    emulator.faults.add({ kind: 'error', code: 'InternalError' });
    advance(6000);
    for (const gateway of gateways) expect((await ask(gateway, 'slow')).status).toBe(502);
  });

  it('read a list once that takes seconds to read', async () => {
    emulator.faults.add({ kind: 'latency', ms: 1600 });
    const answers = await Promise.all(gateways.map(({ url }) => fetch(`${url}/instances`)));
    expect(answers.map(({ status }) => status)).toStrictEqual([200, 200]);
    expect(emulator.calls.countByAction('ListInstances')).toBe(1);
  });

  it('wait for a replica that has died for at most a second', async () => {
    const ghost = new Redis(redis.url);
    const namespace = namespaceOf(ACCOUNT, emulator.endpoint);
    await ghost.set(`${namespace}:lock:DescribeInstance:${SAMPLE_ID}`, 'ghost', 'PX', 1000);
    const { status, tookMs } = await ask(gateways[0]);
    expect(status).toBe(200);
    expect(tookMs).toBeGreaterThan(800);
    expect(tookMs).toBeLessThan(4000);
    ghost.disconnect();
  });

  it('ignore an entry that is dated in the future, and replace it', async () => {
    gateways[0].clock.advance(600_000);
    expect((await ask(gateways[0])).status).toBe(200);
    emulator.instances.delete(SAMPLE_ID);
    expect((await ask(gateways[1])).status).toBe(404);
    const third = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: emulator.endpoint, REDIS_URL: redis.url });
    await expect.poll(async () => (await ask(third)).headers.get('cache-status')).toContain('hit');
    expect((await ask(third)).status).toBe(404);
    await third.close();
  });

  it('serve a stale copy on an error, even if only the other replica has fetched it', async () => {
    await ask(gateways[0]);
    emulator.faults.add({ kind: 'error', code: 'InternalError' });
    advance(100_000);
    const { status, headers } = await ask(gateways[1]);
    expect(status).toBe(200);
    expect(headers.get('age')).toBe('100');
    expect(headers.get('cache-status')).toContain('fwd=stale');
  });

  it('call the upstream themselves when the call of the other replica has failed', async () => {
    emulator.faults.add({ kind: 'error', code: 'Forbidden.RAM', delayMs: 100, times: 1 });
    const answers = await Promise.all(gateways.map((gateway) => ask(gateway)));
    expect(answers.map(({ status }) => status).sort()).toStrictEqual([200, 502]);
    expect(emulator.calls.count()).toBe(2);
  });

  it.each(['killed', 'hung'] as const)(
    'fail no request when Redis is %s under load, and share entries again afterwards',
    async (way) => {
      const ids = Array.from({ length: 200 }, (_, n) => `load-${n}`);
      for (const id of ids) emulator.instances.put({ InstanceId: id });
      const answers: Promise<Awaited<ReturnType<typeof ask>>>[] = [];
      for (const [n, id] of ids.entries()) {
        if (n === 60) {
          if (way === 'killed') await redis.kill();
          else redis.pause();
        }
        if (n === 140) {
          if (way === 'killed') await redis.restart();
          else redis.resume();
        }
        for (const gateway of gateways) answers.push(ask(gateway, id));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      for (const { status, tookMs } of await Promise.all(answers)) {
        expect(status).toBe(200);
        expect(tookMs).toBeLessThan(5000);
      }
      expect(emulator.calls.count()).toBeLessThanOrEqual(2 * ids.length);

      await expect
        .poll(
          async () => {
            const id = `after-${Math.random().toString(36).slice(2)}`;
            emulator.instances.put({ InstanceId: id });
            await ask(gateways[0], id);
            await ask(gateways[1], id);
            return emulator.calls.count(id);
          },
          { timeout: 8000, interval: 200 },
        )
        .toBe(1);
    },
    60_000,
  );

  it('start, answer and stop without a Redis', async () => {
    await redis.kill();
    const alone = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: emulator.endpoint, REDIS_URL: redis.url });
    const { status, tookMs } = await ask(alone);
    expect(status).toBe(200);
    expect(tookMs).toBeLessThan(4000);
    const startedAt = performance.now();
    await alone.close();
    expect(performance.now() - startedAt).toBeLessThan(4000);
  });
});
