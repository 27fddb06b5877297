import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { type Emulator, startEmulator } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { startMeasured } from '../support/measured-gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { startCluster, startSentinelGroup, type Topology } from '../support/redis-topologies.js';

const redisPath = findProgram('redis-server');

/** How long after the promotion of a new master the gateways share entries again, at most, in milliseconds. */
const SHARED_AGAIN_MS = 10_000;

describe.skipIf(redisPath === undefined).each([
  ['Sentinel', startSentinelGroup],
  ['Cluster', startCluster],
])('two gateways with Redis %s (redis-server)', (_, start) => {
  let topology: Topology;
  let emulator: Emulator;
  let gateways: readonly [TestGateway, TestGateway];
  beforeEach(async () => {
    topology = await start(redisPath!);
    emulator = await startEmulator();
    const variables = { OUTBOUNDBOT_ENDPOINT: emulator.endpoint, REDIS_URL: topology.url };
    gateways = [await startTestGateway(variables), await startTestGateway(variables)];
  }, 40_000);
  afterEach(async () => {
    for (const gateway of gateways) await gateway.close();
    await emulator.close();
    await topology.stop();
  });

  async function ask(gateway: TestGateway, id: string) {
    const startedAt = performance.now();
    const response = await fetch(`${gateway.url}/instances/${id}`);
    await response.text();
    return { status: response.status, tookMs: performance.now() - startedAt };
  }

  /** Whether the second gateway answers with what the first one has fetched, for keys of every master. */
  async function areShared(): Promise<boolean> {
    const ids = Array.from({ length: 12 }, () => `shared-${Math.random().toString(36).slice(2)}`);
    const calls: number[] = [];
    for (const id of ids) {
      emulator.instances.put({ InstanceId: id });
      for (const gateway of gateways) await ask(gateway, id);
      calls.push(emulator.calls.count(id));
    }
    return calls.every((count) => count === 1);
  }

  it('fail no request when a master is killed under load, and share entries again within 10 seconds', async () => {
    await expect.poll(areShared).toBe(true);
    const ids = Array.from({ length: 400 }, (_, n) => `load-${n}`);
    for (const id of ids) emulator.instances.put({ InstanceId: id });
    const answers: ReturnType<typeof ask>[] = [];
    let promoted = Promise.resolve(0);
    for (const [n, id] of ids.entries()) {
      if (n === 100) {
        await topology.killMaster();
        promoted = topology.untilPromoted().then(() => performance.now());
      }
      for (const gateway of gateways) answers.push(ask(gateway, id));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (const { status, tookMs } of await Promise.all(answers)) {
      expect(status).toBe(200);
      expect(tookMs).toBeLessThan(5000);
    }

    const until = (await promoted) + SHARED_AGAIN_MS;
    await expect.poll(areShared, { timeout: until - performance.now(), interval: 100 }).toBe(true);
  }, 90_000);
});

describe.skipIf(redisPath === undefined)('a gateway with a Redis Cluster (redis-server)', () => {
  it('shows that one master is full, and goes on using all of them', async () => {
    const topology = await startCluster(redisPath!);
    onTestFinished(() => topology.stop());
    const { stack, value } = await startMeasured({ REDIS_URL: topology.url, REDIS_TIMEOUT_MS: '5000' });
    onTestFinished(() => stack.close());
    const full = new Redis(topology.masterUrl);
    await full.config('SET', 'maxmemory', '1');
    full.disconnect();

    for (let n = 0; n < 45; n += 1) {
      expect((await fetch(`${stack.gateway.url}/instances/none-${n}`)).status).toBe(404);
      // If the operation was refused several times in a row, it is tried again after a second.
      stack.gateway.clock.advance(1000);
    }
    expect(await value('redis_up')).toBe(0);
    const sets = (outcome: string) => value(`redis_operations_total{operation="set",outcome="${outcome}"}`);
    expect(await sets('error')).toBeGreaterThan(5);
    expect(await sets('ok')).toBeGreaterThan(10);
    const lines = stack.gateway.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ msg }) => msg === 'redis')).toMatchObject([{ state: 'down', reason: 'OOM' }]);
  }, 60_000);
});
