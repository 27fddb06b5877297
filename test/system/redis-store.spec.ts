import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Entry, found, gone } from '@app/http-cache';
import {
  type Account,
  GuardedRedis,
  type GuardedRedisOptions,
  namespaceOf,
  RedisStore,
} from '@app/redis-store';
import { systemClock } from '@app/resilience';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { findProgram } from '../support/missing-programs.js';
import { freePort, launch, type RedisServer, startRedisServer } from '../support/redis-server.js';
import { startScriptedSentinel } from '../support/scripted-sentinel.js';
import { makeCertificate, startTlsTerminator } from '../support/tls.js';

const redisPath = findProgram('redis-server');
const ID = 'a1-B2_c3';
const OLD = found('{"instanceId":"旧"}', 1_700_000_000_000);
const NEW = found('{"instanceId":"新"}', 1_700_000_000_001);
const TIMEOUT_MS = 50;
const TTL_MS = 60_000;
/** The state while Redis is dead, before and after the first attempt to reconnect. */
const LOST = /^down: (closed|refused)$/;
const ACCOUNT = { secret: 'the secret', accessKeyId: 'id' };

let connections: GuardedRedis[] = [];

/** Opens a store that is closed after the test, and records the changes of state that it reports. */
async function open({
  url,
  account = ACCOUNT,
  endpoint = 'test',
  ...options
}: Partial<GuardedRedisOptions> & { url: string; account?: Account; endpoint?: string }) {
  const states: string[] = [];
  let rejections = 0;
  const redis = await GuardedRedis.open(
    {
      readUrl: () => url,
      timeoutMs: TIMEOUT_MS,
      onStateChange: (report) => states.push(report.state === 'up' ? 'up' : `down: ${report.reason}`),
      ...options,
    },
    systemClock,
  );
  connections.push(redis);
  const store = new RedisStore(
    { account, namespace: namespaceOf(account, endpoint), onRejected: () => (rejections += 1) },
    redis,
    systemClock,
  );
  return { redis, store, states, rejections: () => rejections };
}

/** How long the task takes, in milliseconds. */
async function timed(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await task();
  return performance.now() - start;
}

/** Makes Redis fail to write a snapshot to its disk, after which it refuses writes. */
async function failSnapshot(redis: Redis): Promise<void> {
  const [, folder = ''] = (await redis.config('GET', 'dir')) as string[];
  await rm(folder, { recursive: true });
  await redis.config('SET', 'save', '3600 1');
  await redis.bgsave();
  await expect.poll(() => redis.info('persistence')).toContain('rdb_last_bgsave_status:err');
}

/** Waits until the store works again, which takes a reconnect and a probe. */
async function expectRecovery(store: RedisStore): Promise<void> {
  await expect
    .poll(
      async () => {
        await store.set('probe', NEW, TTL_MS);
        return store.get('probe');
      },
      { timeout: 10_000 },
    )
    .toStrictEqual(NEW);
}

/** Expects that each operation of the store has the result that it has without Redis. */
async function expectNothing(store: RedisStore): Promise<void> {
  expect(await store.get(ID)).toBeUndefined();
  await store.set(ID, NEW, TTL_MS);
  expect(await store.lock(ID, TTL_MS)).toStrictEqual({ state: 'unavailable' });
}

/**
 * A server that accepts connections and answers no operation. With `greets` it answers the first commands of each
 * connection.
 */
async function startSilentServer(greets: boolean) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.setEncoding('latin1').on('data', (text: string) => {
      const commands = text.match(/^\*\d+\r$/gm) ?? [];
      if (greets && !/hmget|eval|PX/.test(text)) socket.write('+OK\r\n'.repeat(commands.length));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as { port: number }).port}`,
    connections: () => sockets.size,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

afterEach(() => {
  for (const connection of connections) connection.close();
  connections = [];
});

describe.skipIf(redisPath === undefined)('the store in a Redis that works (redis-server)', () => {
  let server: RedisServer;
  let redis: Redis;
  let store: RedisStore;
  const entryKey = `${namespaceOf(ACCOUNT, 'test')}:entry:${ID}`;
  const lockKey = `${namespaceOf(ACCOUNT, 'test')}:lock:${ID}`;

  beforeAll(async () => {
    server = await startRedisServer(redisPath!);
    redis = new Redis(server.url);
  });

  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  beforeEach(async () => {
    await redis.flushall();
    // Redis answers within this time, however busy the machine is.
    store = (await open({ url: server.url, timeoutMs: 5000 })).store;
  });

  it.each<[string, Entry]>([
    ['a success', NEW],
    ['a not-found', gone(1_700_000_000_002)],
    ['an empty body', found('', 0)],
  ])('returns %s as it was written, to another replica too', async (_, entry) => {
    await store.set(ID, entry, TTL_MS);
    expect(await store.get(ID)).toStrictEqual(entry);
    expect(await (await open({ url: server.url })).store.get(ID)).toStrictEqual(entry);
  });

  it('returns undefined for an unknown key', async () => {
    expect(await store.get(ID)).toBeUndefined();
  });

  it.each<[string, { account?: Account; endpoint?: string }]>([
    ['endpoints', { endpoint: 'other' }],
    ['secrets', { account: { ...ACCOUNT, secret: 'another secret' } }],
    ['access keys', { account: { ...ACCOUNT, accessKeyId: 'another id' } }],
  ])('keeps gateways with different %s apart', async (_, different) => {
    const other = (await open({ url: server.url, ...different, timeoutMs: 5000 })).store;
    await store.set(ID, NEW, TTL_MS);
    expect((await store.lock(ID, TTL_MS)).state).toBe('acquired');
    expect(await other.get(ID)).toBeUndefined();
    expect((await other.lock(ID, TTL_MS)).state).toBe('acquired');
  });

  it('lets entries expire', async () => {
    await store.set(ID, NEW, 1234.5);
    const left = await redis.pttl(entryKey);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(1235);
  });

  it.each<[string, Entry, Entry]>([
    ['a success by an older success', NEW, OLD],
    ['a not-found by an older success', gone(NEW.storedAt), OLD],
    ['a success by an older not-found', NEW, gone(OLD.storedAt)],
  ])('does not replace %s', async (_, newer, older) => {
    await store.set(ID, newer, TTL_MS);
    await store.set(ID, older, TTL_MS);
    expect(await store.get(ID)).toStrictEqual(newer);
    await store.set(ID, { ...newer, storedAt: newer.storedAt + 1 }, TTL_MS);
    expect(await store.get(ID)).toStrictEqual({ ...newer, storedAt: newer.storedAt + 1 });
  });

  it('stores no body in an entry for a missing instance', async () => {
    await store.set(ID, OLD, TTL_MS);
    await store.set(ID, gone(NEW.storedAt), TTL_MS);
    expect(await redis.get(entryKey)).toMatch(/^2 1700000000001 gone plain - [\w-]{43}\n$/);
  });

  it('removes an older entry when the time to live is 0', async () => {
    await store.set(ID, OLD, TTL_MS);
    await store.set(ID, gone(NEW.storedAt), 0);
    expect(await redis.exists(entryKey)).toBe(0);
  });

  it.each([
    ['of another format version', () => redis.set(entryKey, '3 9999999999999 found plain "x" y\n{}')],
    ['with more bytes', () => redis.append(entryKey, ' ')],
    ['with another time', () => redis.setrange(entryKey, 2, '16')],
    ['of another entry', async () => redis.set(entryKey, (await redis.getBuffer(`${entryKey}2`))!)],
    ['without an end of the line', () => redis.set(entryKey, '2 1 found plain')],
    ['of another type', async () => (await redis.del(entryKey)) && redis.hset(entryKey, 'kind', 'found')],
    ['of 500 MB', () => redis.setrange(entryKey, 500_000_000, 'x')],
  ])('treats a value %s as missing and counts it, and overwrites it', async (_, damage) => {
    const { store: observed, states, rejections } = await open({ url: server.url, timeoutMs: 5000 });
    for (const id of [ID, `${ID}2`]) await observed.set(id, OLD, TTL_MS);
    await damage();
    for (let i = 0; i < 4; i += 1) expect(await observed.get(ID)).toBeUndefined();
    expect(rejections()).toBe(4);
    await observed.set(ID, NEW, TTL_MS);
    expect(await observed.get(ID)).toStrictEqual(NEW);
    expect(states).toStrictEqual([]);
  });

  it('gives a lock to one of many clients until it is released', async () => {
    const other = (await open({ url: server.url, timeoutMs: 5000 })).store;
    const locks = await Promise.all([store, other, store, other].map((s) => s.lock(ID, TTL_MS)));
    const acquired = locks.filter((lock) => lock.state === 'acquired');
    expect(acquired).toHaveLength(1);
    expect(locks.filter(({ state }) => state === 'taken')).toHaveLength(3);

    await acquired[0]!.release();
    expect((await other.lock(ID, TTL_MS)).state).toBe('acquired');
  });

  it('lets a lock expire, and does not release the lock of its next owner', async () => {
    const first = await store.lock(ID, 20);
    expect(await redis.pttl(lockKey)).toBeLessThanOrEqual(20);
    await expect.poll(() => redis.exists(lockKey)).toBe(0);
    expect((await store.lock(ID, TTL_MS)).state).toBe('acquired');

    if (first.state === 'acquired') await first.release();
    expect((await store.lock(ID, TTL_MS)).state).toBe('taken');
  });

  it.each<[string, () => Promise<unknown>]>([
    ['text that never expires', () => redis.set(lockKey, 'a token')],
    ['text that expires later than a lock', () => redis.set(lockKey, 'a token', 'PX', 2 * TTL_MS)],
    ['a hash', () => redis.hset(lockKey, 'a', 'token')],
    ['a list', () => redis.rpush(lockKey, 'a token')],
  ])('replaces a lock that no gateway has written, and counts it: %s', async (_, plant) => {
    const { store: observed, states, rejections } = await open({ url: server.url, timeoutMs: 5000 });
    await plant();
    const lock = await observed.lock(ID, TTL_MS);
    expect(lock.state).toBe('acquired');
    expect(rejections()).toBe(1);
    expect(await redis.pttl(lockKey)).toBeLessThanOrEqual(TTL_MS);
    expect((await store.lock(ID, TTL_MS)).state).toBe('taken');
    expect(states).toStrictEqual([]);
  });

  it('does not fail when its lock is replaced by a value of another type', async () => {
    const { store: observed, states } = await open({ url: server.url, timeoutMs: 5000 });
    const lock = await observed.lock(ID, TTL_MS);
    await redis.del(lockKey);
    await redis.hset(lockKey, 'a', 'token');
    if (lock.state !== 'acquired') throw new Error('not acquired');
    for (let n = 0; n < 4; n += 1) await lock.renew(TTL_MS);
    for (let n = 0; n < 4; n += 1) await lock.release();
    expect(await redis.type(lockKey)).toBe('hash');
    expect(states).toStrictEqual([]);
  });

  it('does not count a stall of this process as a failure of Redis', async () => {
    const { store: impatient, states } = await open({ url: server.url, timeoutMs: 20 });
    await store.set(ID, NEW, TTL_MS);
    await expect.poll(() => impatient.get(ID)).toStrictEqual(NEW);
    const entry = impatient.get(ID);
    // Continues after the promises that send the command have run.
    await new Promise((resolve) => {
      process.nextTick(resolve);
    });
    const end = performance.now() + 60;
    while (performance.now() < end);
    expect(await entry).toStrictEqual(NEW);
    expect(states).toStrictEqual([]);
  });

  it('uses the database that the URL names, and ignores the query of the URL', async () => {
    const { store: inTwo } = await open({ url: `${server.url}/2?keyPrefix=x`, timeoutMs: 5000 });
    await inTwo.set(ID, NEW, TTL_MS);
    expect(await store.get(ID)).toBeUndefined();
    await redis.swapdb(0, 2);
    expect(await store.get(ID)).toStrictEqual(NEW);
  });

  it('returns undefined after it is closed, and reports no change of state', async () => {
    const { redis: connection, store: closing, states } = await open({ url: server.url });
    const pending = closing.get(ID);
    connection.close();
    connection.close();
    expect(await pending).toBeUndefined();
    for (let i = 0; i < 4; i += 1) await expectNothing(closing);
    expect(states).toStrictEqual([]);
  });
});

describe.skipIf(redisPath === undefined)('the store in a Redis that fails (redis-server)', () => {
  let server: RedisServer;

  beforeEach(async () => {
    server = await startRedisServer(redisPath!);
  });

  afterEach(() => server.stop());

  it('waits for time-outs only until the breaker opens while Redis hangs, and works again afterwards', async () => {
    const { store, states } = await open({ url: server.url });
    await expectRecovery(store);
    server.pause();
    const first = await timed(() => store.get(ID));
    expect(first).toBeGreaterThanOrEqual(TIMEOUT_MS - 5);
    expect(first).toBeLessThan(TIMEOUT_MS + 1000);

    await expectNothing(store);
    expect(states).toStrictEqual(['down: timeout']);
    const next = await timed(async () => {
      for (let i = 0; i < 100; i += 1) await expectNothing(store);
    });
    expect(next).toBeLessThan(1500);

    server.resume();
    await expectRecovery(store);
    expect(states).toStrictEqual(['down: timeout', 'up']);
  });

  it('waits for one time-out for many callers at once', async () => {
    const { store } = await open({ url: server.url });
    await expectRecovery(store);
    server.pause();
    const all = await timed(() => Promise.all(Array.from({ length: 300 }, () => store.get(ID))));
    expect(all).toBeLessThan(TIMEOUT_MS + 150);
  });

  it('releases a lock that was acquired after the time-out', async () => {
    const { store } = await open({ url: server.url });
    await expectRecovery(store);
    server.pause();
    expect(await store.lock(ID, TTL_MS)).toStrictEqual({ state: 'unavailable' });
    server.resume();
    await expect
      .poll(async () => {
        const lock = await store.lock(ID, TTL_MS);
        return lock.state;
      })
      .toBe('acquired');
  });

  it('returns undefined while Redis is killed, and works again when it is restarted', async () => {
    const { store, states } = await open({ url: server.url });
    await expectRecovery(store);
    const pending = store.get(ID);
    await server.kill();
    expect(await pending).toBeUndefined();
    const cost = await timed(async () => {
      for (let i = 0; i < 20; i += 1) await expectNothing(store);
    });
    expect(cost).toBeLessThan(4 * TIMEOUT_MS + 100);
    expect(states).toStrictEqual([expect.stringMatching(LOST)]);

    await server.restart();
    await expectRecovery(store);
    expect(states).toStrictEqual([expect.stringMatching(LOST), 'up']);
  });

  it.each<[string, (redis: Redis) => Promise<unknown>, (redis: Redis) => Promise<unknown>]>([
    [
      'OOM',
      (redis) => redis.config('SET', 'maxmemory', '1'),
      (redis) => redis.config('SET', 'maxmemory', '0'),
    ],
    ['READONLY', (redis) => redis.replicaof('127.0.0.1', 1), (redis) => redis.replicaof('NO', 'ONE')],
    [
      'NOPERM',
      (redis) => redis.acl('SETUSER', 'default', '-set'),
      (redis) => redis.acl('SETUSER', 'default', '+set'),
    ],
    ['MISCONF', failSnapshot, (redis) => redis.config('SET', 'stop-writes-on-bgsave-error', 'no')],
  ])(
    'is down while Redis answers reads but refuses writes (%s), and works again afterwards',
    async (reason, refuseWrites, allowWrites) => {
      const admin = new Redis(server.url);
      const { redis, store, states } = await open({ url: server.url, timeoutMs: 1000 });
      await store.set(ID, NEW, TTL_MS);
      await refuseWrites(admin);
      await expect
        .poll(async () => {
          const entry = await store.get(ID);
          await store.lock('other', TTL_MS);
          return { entry, states: [...states], isUp: redis.isUp };
        })
        .toStrictEqual({ entry: NEW, states: [`down: ${reason}`], isUp: false });

      await allowWrites(admin);
      await expect
        .poll(async () => {
          for (let n = 0; n < 20; n += 1) await store.lock(`other ${n}`, 1);
          return states;
        })
        .toStrictEqual([`down: ${reason}`, 'up']);
      admin.disconnect();
    },
  );

  it('reports a certificate that it does not trust', async () => {
    const terminator = await startTlsTerminator(await makeCertificate(['127.0.0.1']), server.port);
    const { store, states } = await open({ url: `rediss://127.0.0.1:${terminator.port}`, timeoutMs: 5000 });
    for (let i = 0; i < 3; i += 1) await expectNothing(store);
    expect(states).toStrictEqual(['down: TLS']);
    terminator.close();
  });

  it.each<[string, string, (port: number) => Promise<string> | string]>([
    ['TLS', 'TLS is expected of a server without it', (port) => `rediss://127.0.0.1:${port}`],
    ['TLS', 'TLS is expected of sentinels without it', (port) => `rediss+sentinel://127.0.0.1:${port}/main`],
    ['TLS', 'TLS is expected of a cluster without it', (port) => `rediss+cluster://127.0.0.1:${port}`],
    ['no-cluster', 'it is no cluster', (port) => `redis+cluster://127.0.0.1:${port}`],
    ['no-sentinel', 'it is no sentinel', (port) => `redis+sentinel://127.0.0.1:${port}/main`],
    [
      'refused',
      'no sentinel listens',
      async () => `redis+sentinel://127.0.0.1:${await freePort()},127.0.0.1:${await freePort()}/main`,
    ],
    ['refused', 'no node listens', async () => `redis+cluster://127.0.0.1:${await freePort()}`],
    ['DNS', 'the name of a sentinel is unknown', () => 'redis+sentinel://nowhere.invalid/main'],
  ])('reports %s if %s', async (reason, _, urlOf) => {
    const { store, states } = await open({ url: await urlOf(server.port) });
    await expect
      .poll(async () => {
        await expectNothing(store);
        return states;
      })
      .toStrictEqual([`down: ${reason}`]);
  });

  it('reports that the sentinels do not know the master', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'redis-sentinel-'));
    const port = await freePort();
    await writeFile(join(folder, 'conf'), `port ${port}\nbind 127.0.0.1\ndir ${folder}\n`);
    const sentinel = await launch(redisPath!, [join(folder, 'conf'), '--sentinel'], 'Sentinel ID is');
    onTestFinished(async () => {
      sentinel.kill('SIGKILL');
      await rm(folder, { recursive: true });
    });
    const { store, states } = await open({ url: `redis+sentinel://127.0.0.1:${port}/main` });
    for (let i = 0; i < 4; i += 1) await expectNothing(store);
    expect(states).toStrictEqual(['down: master-name']);
  });

  it('reports that Redis is loading its data', async () => {
    await server.stop();
    server = await startRedisServer(redisPath!, [
      ...['--enable-debug-command', 'yes', '--loading-process-events-interval-bytes', '1024'],
      // Microseconds for each key.
      ...['--key-load-delay', '500'],
    ]);
    const { store, states } = await open({ url: server.url, timeoutMs: 1000 });
    await expectRecovery(store);
    const admin = new Redis(server.url, { retryStrategy: () => null });
    await admin.call('DEBUG', 'POPULATE', '10000');
    const reloaded = admin.call('DEBUG', 'RELOAD').catch(() => undefined);
    await expect
      .poll(async () => {
        await store.get(ID);
        return states;
      })
      .toStrictEqual(['down: LOADING']);
    await server.kill();
    await reloaded;
    admin.disconnect();
  });

  it('reads the URL again before each reconnection, so that a new password works', async () => {
    const admin = new Redis(server.url);
    let url = server.url;
    const { store } = await open({ url, readUrl: () => url });
    await expectRecovery(store);
    url = `redis://:new@127.0.0.1:${server.port}`;
    await admin.config('SET', 'requirepass', 'new');
    await admin.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await expectRecovery(store);
    admin.disconnect();
  });

  it('works as soon as Redis is started', async () => {
    await server.kill();
    const { store } = await open({ url: server.url });
    await expectNothing(store);
    await server.restart();
    await expectRecovery(store);
  });

  it('works again if a sentinel announces the new master while it is asked for the master', async () => {
    const successor = await startRedisServer(redisPath!);
    onTestFinished(() => successor.stop());
    const sentinel = await startScriptedSentinel(server.port);
    onTestFinished(() => sentinel.stop());
    const { store } = await open({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/main` });
    await expectRecovery(store);
    sentinel.switchTo(successor.port);
    await server.kill();
    await expectRecovery(store);
  });

  it('waits for the first connection, so that no operation fails during a start', async () => {
    const { store, states } = await open({ url: server.url, timeoutMs: 5000 });
    const locks = await Promise.all(['a', 'b', 'c', 'd'].map((id) => store.lock(id, TTL_MS)));
    expect(locks.map(({ state }) => state)).toStrictEqual(Array(4).fill('acquired'));
    expect(states).toStrictEqual([]);
  });

  it('closes quickly while Redis hangs', async () => {
    const { redis: connection, store } = await open({ url: server.url });
    await expectRecovery(store);
    server.pause();
    const pending = store.get(ID);
    connection.close();
    const waited = timed(() => pending);
    expect(await waited).toBeLessThan(1000);
    expect(await pending).toBeUndefined();
  });

  it('returns undefined with a wrong password, and never shows the password', async () => {
    await server.stop();
    server = await startRedisServer(redisPath!, ['--requirepass', 'right']);
    const { store, states } = await open({ url: `redis://:wrong-secret@127.0.0.1:${server.port}` });
    for (let i = 0; i < 4; i += 1) await expectNothing(store);
    expect(states).toStrictEqual(['down: WRONGPASS']);

    const { store: allowed } = await open({ url: `redis://:right@127.0.0.1:${server.port}` });
    await expectRecovery(allowed);
  });
});

describe('the store without a Redis', () => {
  it('returns undefined when nothing listens on the port', async () => {
    const { store, states } = await open({ url: `redis://127.0.0.1:${await freePort()}` });
    for (let i = 0; i < 4; i += 1) await expectNothing(store);
    expect(states).toStrictEqual(['down: refused']);
  });

  it.each([
    ['never answers', false],
    ['answers the first commands and then nothing', true],
  ])('replaces a connection on which Redis %s', async (_, greets) => {
    const server = await startSilentServer(greets);
    const { store } = await open({ url: server.url });
    for (let i = 0; i < 3; i += 1) await expectNothing(store);
    await expect.poll(() => server.connections(), { timeout: 5000 }).toBeGreaterThanOrEqual(2);
    await server.stop();
  });

  it.each(['http://user:secret@localhost', 'secret', 'redis://:secret@host:port', 'redis://:secret%zz@h'])(
    'rejects the URL %s without quoting it',
    async (url) => {
      let error: unknown;
      try {
        await open({ url });
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(Error);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret');
    },
  );
});
