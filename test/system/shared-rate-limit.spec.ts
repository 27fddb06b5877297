import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { RateLimit } from '@app/rate-limit';
import { GuardedRedis } from '@app/redis-store';
import { systemClock } from '@app/resilience';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, startStack, startTestGateway, type TestGateway } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';

const PATH = `/instances/${SAMPLE_ID}`;
const FIVE_A_MINUTE = { RATE_LIMIT_REQUESTS: '5', RATE_LIMIT_WINDOW_S: '60' };
type Stack = Awaited<ReturnType<typeof startStack>>;

const redisPath = findProgram('redis-server');

async function openRedis(url: string): Promise<GuardedRedis> {
  const redis = await GuardedRedis.open({ readUrl: () => url, timeoutMs: 1000 }, systemClock);
  onTestFinished(() => {
    redis.close();
  });
  return redis;
}

/** The limit as one replica has it. */
async function openLimit(
  url: string,
  options = { requests: 1, windowS: 1 },
  onRejected?: () => void,
): Promise<RateLimit> {
  return new RateLimit(options, 'test', systemClock, await openRedis(url), onRejected);
}

describe.skipIf(redisPath === undefined)('replicas that share a Redis (redis-server)', () => {
  let redis: RedisServer;
  let stack: Stack;
  let second: TestGateway;
  beforeAll(async () => {
    redis = await startRedisServer(redisPath!);
  });
  beforeEach(async () => {
    await redis.restart();
    const variables = { ...FIVE_A_MINUTE, REDIS_URL: redis.url };
    stack = await startStack(variables);
    second = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: stack.emulator.endpoint, ...variables });
  });
  afterEach(async () => {
    await second.close();
    await stack.close();
  });
  afterAll(() => redis.stop());
  const ask = async (gateway: TestGateway) => (await gateway.http.get(PATH)).status;

  it('count the requests of a caller together', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 7; n += 1) statuses.push(await ask(n % 2 === 0 ? stack.gateway : second));
    expect(statuses).toStrictEqual([200, 200, 200, 200, 200, 429, 429]);
    expect((await second.http.get(PATH)).headers['ratelimit']).toMatch(/^"caller";r=0;t=(59|60)$/);
  });

  it('count the requests of an API key with a limit of its own together', async () => {
    const file = new KeyFile();
    const sha256 = createHash('sha256').update('the key').digest('hex');
    const rateLimit = { requests: 3, windowS: 30 };
    file.write(JSON.stringify([{ name: 'web', sha256, instances: ['*'], rateLimit }]));
    const variables = {
      ...FIVE_A_MINUTE,
      REDIS_URL: redis.url,
      AUTH_MODE: 'api-key',
      AUTH_API_KEYS_FILE: file.path,
    };
    const one = await startStack(variables);
    const other = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: one.emulator.endpoint, ...variables });
    const statuses: number[] = [];
    for (const gateway of [one.gateway, other, one.gateway, other]) {
      statuses.push((await gateway.http.get(PATH).set('x-api-key', 'the key')).status);
    }
    expect(statuses).toStrictEqual([200, 200, 200, 429]);
    await other.close();
    await one.close();
    file.delete();
  });

  it('together accept no more requests in any second than the limit allows, and use the limit up', async () => {
    const limit = { requests: 20, windowS: 1 };
    const limits = await Promise.all([openLimit(redis.url), openLimit(redis.url)]);
    const accepted: { from: number; to: number }[] = [];
    const end = performance.now() + 3500;
    while (performance.now() < end) {
      for (const each of limits) {
        const from = performance.now();
        const { exceeded } = await each.take('caller', limit);
        if (!exceeded) accepted.push({ from, to: performance.now() });
      }
    }
    for (const [index, { from }] of accepted.entries()) {
      const next = accepted[index + limit.requests];
      if (next) expect(next.to - from).toBeGreaterThanOrEqual(1000);
    }
    expect(accepted.length).toBeGreaterThanOrEqual(3 * limit.requests);
  });

  it.each([2, 250])(
    'count down from %i, tell when there is more, and then accept a request',
    async (requests) => {
      const limit = { requests, windowS: 2 };
      const [first, second] = await Promise.all([openLimit(redis.url), openLimit(redis.url)]);
      for (let remaining = requests - 1; remaining >= 0; remaining -= 1) {
        const quota = await (remaining % 2 === 0 ? first : second).take('caller', limit);
        expect(quota).toMatchObject({ exceeded: false, remaining });
      }
      const { exceeded, remaining, resetMs } = await second.take('caller', limit);
      expect({ exceeded, remaining }).toStrictEqual({ exceeded: true, remaining: 0 });
      expect(resetMs).toBeGreaterThan(0);
      expect(resetMs).toBeLessThanOrEqual(2000);
      await delay(resetMs);
      expect((await first.take('caller', limit)).exceeded).toBe(false);
    },
  );

  it('drop requests of the future, which Redis has counted before its clock was set back', async () => {
    const key = 'test:requests:caller';
    const client = await openRedis(redis.url);
    await client.run('count', (each) => each.rpush(key, 1, '9000000000000000 9000000000000000 1'));
    const limit = await openLimit(redis.url);
    const quotas = [await limit.take('caller'), await limit.take('caller')];
    expect(quotas.map(({ exceeded }) => exceeded)).toStrictEqual([false, true]);
  });

  it.each<[string, (redis: Redis, key: string, now: number) => Promise<unknown>]>([
    ['text', (client, key) => client.set(key, 'hello')],
    ['a hash', (client, key) => client.hset(key, 'requests', '1000000')],
    ['a list of texts', (client, key) => client.rpush(key, 'hello', 'hello')],
    ['infinitely many requests', (client, key, now) => client.rpush(key, 'inf', `${now} ${now} 1`)],
    ['no number of requests', (client, key, now) => client.rpush(key, 'nan', `${now} ${now} 1`)],
    ['fewer requests than none', (client, key, now) => client.rpush(key, '-1000000', `${now} ${now} 1`)],
    ['many requests and no record', (client, key) => client.rpush(key, 1_000_000)],
    ['a record of no requests', (client, key, now) => client.rpush(key, 1_000_000, `${now} ${now} 0`)],
    [
      'more records than a window has',
      (client, key, now) => client.rpush(key, 5000, ...Array<string>(5000).fill(`${now} ${now} 1`)),
    ],
  ])('replace a count that no gateway has written: %s', async (_, plant) => {
    const client = new Redis(redis.url);
    const [seconds, micros] = await client.time();
    await plant(client, 'test:requests:caller', Number(seconds) * 1e6 + Number(micros));
    let rejections = 0;
    const limit = await openLimit(redis.url, { requests: 2, windowS: 60 }, () => (rejections += 1));
    const quotas = [await limit.take('caller'), await limit.take('caller'), await limit.take('caller')];
    expect(quotas.map(({ exceeded, remaining }) => [exceeded, remaining])).toStrictEqual([
      [false, 1],
      [false, 0],
      [true, 0],
    ]);
    expect(rejections).toBe(1);
    client.disconnect();
  });

  it.each<[string, (now: number) => string[]]>([
    ['of now', (now) => [`${now} ${now} 1000000`]],
    ['of the future', (now) => ['1 9000000000000000 1000000', `${now} ${now} 1`]],
    [
      'of the future, between others',
      (now) => [`${now} ${now} 1`, '1 9000000000000000 9', `${now} ${now} 1`],
    ],
    ['with other texts between them', (now) => [`${now} ${now} 1`, 'hello', `${now} ${now} 1`]],
    ['of more than the total', (now) => [`${now} ${now} ${'9'.repeat(400)}`]],
  ])('lock a caller out for one window at most, whatever requests are planted: %s', async (_, recordsAt) => {
    const client = new Redis(redis.url);
    const [seconds, micros] = await client.time();
    const records = recordsAt(Number(seconds) * 1e6 + Number(micros));
    await client.rpush('test:requests:caller', 1_000_000, ...records);
    const limit = await openLimit(redis.url);
    expect((await limit.take('caller')).resetMs).toBeLessThanOrEqual(1000);
    await delay(1000);
    expect(await limit.take('caller')).toMatchObject({ exceeded: false, remaining: 0 });
    client.disconnect();
  });

  it('let Redis forget a caller after the window', async () => {
    const client = await openRedis(redis.url);
    await (await openLimit(redis.url)).take('caller', { requests: 5, windowS: 30 });
    const ttl = await client.run('count', (each) => each.pttl('test:requests:caller'));
    expect(ttl).toBeGreaterThan(20_000);
    expect(ttl).toBeLessThanOrEqual(30_000);
  });

  it('keep a limited caller limited when Redis fails', async () => {
    for (let n = 0; n < 5; n += 1) await ask(stack.gateway);
    expect(await ask(second)).toBe(429);
    await redis.kill();
    expect(await ask(stack.gateway)).toBe(429);
    expect(await ask(second)).toBe(429);
  });

  it.each(['killed', 'hung'] as const)(
    'count separately while Redis is %s, fail no request, and count together again afterwards',
    async (way) => {
      for (let n = 0; n < 5; n += 1) await ask(stack.gateway);
      if (way === 'killed') await redis.kill();
      else redis.pause();
      const statuses: number[] = [];
      for (let n = 0; n < 6; n += 1) statuses.push(await ask(second));
      expect(statuses).toStrictEqual([200, 200, 200, 200, 200, 429]);

      if (way === 'killed') await redis.restart();
      else redis.resume();
      await expect.poll(() => ask(second), { timeout: 8000 }).toBe(way === 'killed' ? 200 : 429);
    },
    30_000,
  );
});
