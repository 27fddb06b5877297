import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { found } from '@app/http-cache';
import { namespaceOf } from '@app/redis-store';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type Emulator, startEmulator } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { KEY_VARIABLES, SAMPLE_ID, startTestGateway, type TestGateway } from '../support/gateway.js';
import { startMeasured } from '../support/measured-gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { freePort, type RedisServer, startRedisServer } from '../support/redis-server.js';

const redisPath = findProgram('redis-server');
const PATH = `/instances/${SAMPLE_ID}`;

/** What docs/deployment.md allows the user of the gateway. */
const [, ACL_RULES = ''] = /ACL SETUSER gateway (.*)/.exec(readFileSync('docs/deployment.md', 'utf8')) ?? [];

/** What the gateway has logged about the state of Redis. */
function redisLines({ logLines }: TestGateway): Record<string, unknown>[] {
  return logLines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === 'redis');
}

/** The gateway in front of a Redis in which others write, too. */
describe.skipIf(redisPath === undefined)('a gateway and a shared Redis (redis-server)', () => {
  let server: RedisServer;
  let redis: Redis;
  let emulator: Emulator;
  let gateways: TestGateway[] = [];
  beforeAll(async () => {
    server = await startRedisServer(redisPath!);
    redis = new Redis(server.url);
    emulator = await startEmulator();
  });
  beforeEach(async () => {
    await redis.flushall();
    emulator.reset();
  });
  afterEach(async () => {
    for (const gateway of gateways) await gateway.close();
    gateways = [];
  });
  afterAll(async () => {
    redis.disconnect();
    await emulator.close();
    await server.stop();
  });

  async function start(variables: Record<string, string> = {}): Promise<TestGateway> {
    const gateway = await startTestGateway({
      OUTBOUNDBOT_ENDPOINT: emulator.endpoint,
      REDIS_URL: server.url,
      ...variables,
    });
    gateways.push(gateway);
    return gateway;
  }

  it('never serves what a gateway with another access key has fetched, even with the same REDIS_SECRET', async () => {
    for (const secret of [{}, { REDIS_SECRET: 'the-same' }]) {
      const ours = await start(secret);
      expect((await ours.http.get(PATH)).status).toBe(200);
      const theirs = await start({ ...secret, ALIBABA_CLOUD_ACCESS_KEY_ID: 'of-another-account' });
      expect((await theirs.http.get(PATH)).status).toBe(502);
    }
  });

  it('does not serve an entry that was forged, and counts it', async () => {
    const { stack, value } = await startMeasured({ REDIS_URL: server.url });
    const ask = async () => (await stack.gateway.http.get(PATH)).body as { instanceName: string };
    const { instanceName } = await ask();
    const [key = ''] = await redis.keys('*:entry:*');
    const genuine = (await redis.getBuffer(key))!.toString();
    await redis.set(key, genuine.replace(instanceName, 'forged'));
    const replica = await startTestGateway({
      OUTBOUNDBOT_ENDPOINT: stack.emulator.endpoint,
      REDIS_URL: server.url,
    });
    expect(((await replica.http.get(PATH)).body as { instanceName: string }).instanceName).toBe(instanceName);
    expect(stack.emulator.calls.count()).toBe(2);

    // The gateway does not even read an entry that is not newer than its own.
    const later = genuine.replace(/^(\d+) (\d+)/, (_, format, time) => `${format} ${Number(time) + 1}`);
    await redis.set(key, later.replace(instanceName, 'forged'));
    stack.gateway.clock.advance(60_000);
    expect((await ask()).instanceName).toBe(instanceName);
    expect(await value('redis_entries_rejected_total')).toBe(1);
    expect(await value('redis_operations_total{operation="get",outcome="ok"}')).toBeGreaterThan(0);
    expect(
      await value('redis_operation_duration_seconds_count{operation="set",outcome="ok"}'),
    ).toBeGreaterThan(0);
    await replica.close();
    await stack.close();
  });

  it('is not healthy while Redis refuses writes: the log says why, and metrics count it', async () => {
    const { stack, value } = await startMeasured({ REDIS_URL: server.url });
    await redis.config('SET', 'maxmemory', '1');
    for (let n = 0; n < 4; n += 1) {
      expect((await stack.gateway.http.get(`/instances/none-${n}`)).status).toBe(404);
    }
    expect(await value('redis_up')).toBe(0);
    expect(await value('redis_operations_total{operation="lock",outcome="error"}')).toBeGreaterThan(0);
    expect(redisLines(stack.gateway)).toMatchObject([{ level: 'warn', state: 'down', reason: 'OOM' }]);
    await redis.config('SET', 'maxmemory', '0');
    await stack.close();
  });

  it('shows which operations Redis refuses while it accepts the others', async () => {
    const rules = ACL_RULES.replace(' +set', '').split(' ');
    await redis.acl('SETUSER', 'gateway', ...rules);
    const { stack, value } = await startMeasured({
      REDIS_URL: `redis://gateway:password@127.0.0.1:${server.port}/0`,
      RATE_LIMIT_REQUESTS: '100',
      RATE_LIMIT_WINDOW_S: '60',
    });
    for (let n = 0; n < 10; n += 1) await stack.gateway.http.get(`/instances/none-${n}`);
    expect(await value('redis_up')).toBe(0);
    for (const operation of ['get', 'count']) {
      expect(await value(`redis_operations_total{operation="${operation}",outcome="ok"}`)).toBe(10);
    }
    for (const operation of ['set', 'lock']) {
      const refused = await value(`redis_operations_total{operation="${operation}",outcome="error"}`);
      expect(refused).toBeGreaterThanOrEqual(3);
    }
    expect(redisLines(stack.gateway)).toMatchObject([{ level: 'warn', state: 'down', reason: 'NOPERM' }]);
    await stack.close();
  });

  it('reads the password in REDIS_URL_FILE again when the connection is lost', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'redis-url-'));
    const file = join(folder, 'url');
    writeFileSync(file, `${server.url}\n`);
    const gateway = await start({ REDIS_URL: '', REDIS_URL_FILE: file });
    expect((await gateway.http.get(PATH)).status).toBe(200);
    expect(await redis.keys('*:entry:*')).toHaveLength(1);

    await redis.flushall();
    await redis.config('SET', 'requirepass', 'rotated');
    writeFileSync(file, `redis://:rotated@127.0.0.1:${server.port}\n`);
    await redis.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    let asked = 0;
    await expect
      .poll(async () => {
        asked += 1;
        await gateway.http.get(`/instances/none-${asked}`);
        return (await redis.keys('*:entry:*')).length;
      })
      .toBeGreaterThan(0);
    await redis.config('SET', 'requirepass', '');
    rmSync(folder, { recursive: true });
  });

  it('needs no more permissions than those in docs/deployment.md', async () => {
    await redis.acl('SETUSER', 'gateway', ...ACL_RULES.split(' '));
    const { stack, value, text } = await startMeasured({
      REDIS_URL: `redis://gateway:password@127.0.0.1:${server.port}/0`,
      RATE_LIMIT_REQUESTS: '10',
      RATE_LIMIT_WINDOW_S: '60',
    });
    for (let n = 0; n < 12; n += 1) await stack.gateway.http.get(PATH);
    expect((await redis.keys('*')).length).toBeGreaterThan(1);
    expect(await value('redis_up')).toBe(1);
    for (const operation of ['get', 'set', 'lock', 'unlock', 'count']) {
      expect(await value(`redis_operations_total{operation="${operation}",outcome="ok"}`)).toBeGreaterThan(0);
    }
    expect(await text()).not.toMatch(/redis_operations_total\{.*outcome="error"\} [1-9]/);
    await stack.close();
  });

  it('notices a failover behind one name, without rate limits', async () => {
    const successor = await startRedisServer(redisPath!);
    const { port, switchTo, close } = await startSwitch(server.port);
    const gateway = await start({ REDIS_URL: `redis://127.0.0.1:${port}` });
    expect((await gateway.http.get(PATH)).status).toBe(200);
    expect(await redis.keys('*:entry:*')).toHaveLength(1);

    // The open connection stays with the old master, which is a replica now and still answers reads.
    switchTo(successor.port);
    await redis.replicaof('127.0.0.1', successor.port);
    const other = new Redis(successor.url);
    let asked = 0;
    await expect
      .poll(async () => {
        asked += 1;
        expect((await gateway.http.get(`/instances/none-${asked}`)).status).toBe(404);
        return (await other.keys('*:entry:*')).length;
      })
      .toBeGreaterThan(0);
    await redis.replicaof('NO', 'ONE');
    other.disconnect();
    close();
    await successor.stop();
  });

  it('works beside the release before, whose keys it neither reads nor changes', async () => {
    const before = await writeAsTheReleaseBefore(redis, emulator.endpoint);
    const gateway = await start({ RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW_S: '60' });
    const { status, body } = await gateway.http.get(PATH);
    expect(status).toBe(200);
    expect(body).toMatchObject({ instanceId: SAMPLE_ID, ownerName: 'xxxx' });
    expect(emulator.calls.count()).toBe(1);
    expect((await gateway.http.get(PATH)).status).toBe(429);

    for (const [key, value] of before) expect(await redis.dump(key)).toBe(value);
    const own = (await redis.keys('*')).filter((key) => !before.has(key));
    const account = {
      secret: KEY_VARIABLES.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
      accessKeyId: KEY_VARIABLES.ALIBABA_CLOUD_ACCESS_KEY_ID,
    };
    expect(own.length).toBeGreaterThan(0);
    for (const key of own) expect(key.startsWith(`${namespaceOf(account, emulator.endpoint)}:`)).toBe(true);
  });
});

/**
 * What the release before writes (format 1): an entry, a lock, and the list of a caller's requests. Returns their values by
 * their keys.
 */
async function writeAsTheReleaseBefore(redis: Redis, endpoint: string): Promise<Map<string, string>> {
  const prefix = `outboundbot-gateway:1:${endpoint}`;
  const entry = found(`{"instanceId":"${SAMPLE_ID}","ownerName":"of the release before"}`, Date.now());
  const entryName = `${prefix}:entry:DescribeInstance:${SAMPLE_ID}`;
  await redis.hset(entryName, { format: '1', ...entry });
  await redis.pexpire(entryName, 305_000);
  // Its locks expire after a second, unless they are renewed as for a long list.
  await redis.set(`${prefix}:lock:DescribeInstance:${SAMPLE_ID}`, randomUUID(), 'PX', 60_000);
  const [seconds, micros] = await redis.time();
  const now = Number(seconds) * 1e6 + Number(micros);
  await redis.rpush(`${prefix}:requests:address:127.0.0.1`, 1, `${now} ${now} 1`);
  await redis.pexpire(`${prefix}:requests:address:127.0.0.1`, 60_000);
  const values = new Map<string, string>();
  for (const key of await redis.keys('*')) values.set(key, await redis.dump(key));
  return values;
}

/** A port whose new connections go to a Redis that can be exchanged, as behind one name. */
async function startSwitch(firstPort: number) {
  let target = firstPort;
  const server: Server = createServer((socket) => {
    const onward = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  const port = await freePort();
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    switchTo: (next: number) => (target = next),
    close: () => server.close(),
  };
}
