import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';
import { vi } from 'vitest';

import { freePort, launch, type RedisServer, startRedisServer } from './redis-server.js';

/** Several servers that replace a dead master by its replica. */
export interface Topology {
  /** The value of `REDIS_URL`. */
  readonly url: string;
  /** The URL of the master that `killMaster` kills. */
  readonly masterUrl: string;
  /** Kills a master. */
  killMaster(): Promise<void>;
  /** Resolves when the replica of the killed master has become the master. That is up to the servers, not to the gateway. */
  untilPromoted(): Promise<void>;
  stop(): Promise<void>;
}

const PASSWORD = 'the-password';
const PROTECTED = ['--requirepass', PASSWORD, '--masterauth', PASSWORD];

/** After this time without an answer, a server counts as dead, in milliseconds. */
const DEAD_AFTER_MS = 1000;

/** A master, a replica and three sentinels. Master and replica have a password, the sentinels another one. */
export async function startSentinelGroup(program: string): Promise<Topology> {
  const master = await startRedisServer(program, PROTECTED);
  const replica = await startRedisServer(program, [
    ...PROTECTED,
    '--replicaof',
    '127.0.0.1',
    `${master.port}`,
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'redis-sentinel-'));
  const sentinels: { port: number; child: ChildProcess }[] = [];
  for (let n = 0; n < 3; n += 1) {
    const port = await freePort();
    const file = join(folder, `${port}.conf`);
    await writeFile(
      file,
      [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${folder}`,
        'requirepass of-the-sentinels',
        'sentinel sentinel-pass of-the-sentinels',
        `sentinel monitor main 127.0.0.1 ${master.port} 2`,
        `sentinel auth-pass main ${PASSWORD}`,
        `sentinel down-after-milliseconds main ${DEAD_AFTER_MS}`,
        // After twice this time, the sentinels vote again if none had a majority.
        'sentinel failover-timeout main 1000',
      ].join('\n'),
    );
    sentinels.push({ port, child: await launch(program, [file, '--sentinel'], '+monitor master main') });
  }
  await vi.waitUntil(() => knowsAll(sentinels[0]?.port ?? 0), { timeout: 15_000, interval: 100 });
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  return {
    url: `redis+sentinel://:${PASSWORD}@${hosts}/main?sentinelPassword=of-the-sentinels`,
    masterUrl: `redis://:${PASSWORD}@127.0.0.1:${master.port}`,
    killMaster: () => master.kill(),
    untilPromoted: () => untilMaster(replica),
    stop: async () => {
      await Promise.all(sentinels.map(({ child }) => end(child)));
      await Promise.all([master.stop(), replica.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether a sentinel knows the replica and the other sentinels, without which there is no failover. */
async function knowsAll(port: number): Promise<boolean> {
  const sentinel = new Redis({ port, host: '127.0.0.1', password: 'of-the-sentinels' });
  const info = await sentinel.info('sentinel');
  sentinel.disconnect();
  return info.includes('status=ok') && info.includes('slaves=1,sentinels=3');
}

/** Three masters with a replica each. */
export async function startCluster(program: string): Promise<Topology> {
  const nodes = await Promise.all(Array.from({ length: 6 }, () => startNode(program)));
  const [first, ...others] = nodes as [ClusterNode, ...ClusterNode[]];
  const replicaOfFirst = nodes[3]!;
  for (const { server, busPort } of others) {
    await first.client.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPort);
  }
  await Promise.all([
    first.client.call('CLUSTER', 'ADDSLOTSRANGE', 0, 5460),
    nodes[1]?.client.call('CLUSTER', 'ADDSLOTSRANGE', 5461, 10_922),
    nodes[2]?.client.call('CLUSTER', 'ADDSLOTSRANGE', 10_923, 16_383),
  ]);
  await everyNode(nodes, (info) => info.includes('cluster_known_nodes:6'));
  for (const [index, { client }] of nodes.slice(3).entries()) {
    const id = await nodes[index]?.client.call('CLUSTER', 'MYID');
    await client.call('CLUSTER', 'REPLICATE', String(id));
  }
  await everyNode(nodes, (info) => info.includes('cluster_state:ok') && info.includes('cluster_size:3'));
  for (const { client } of nodes.slice(3)) {
    await vi.waitUntil(async () => (await client.info('replication')).includes('master_link_status:up'), {
      timeout: 15_000,
      interval: 100,
    });
  }
  for (const { client } of nodes) client.disconnect();
  const hosts = nodes.slice(0, 2).map(({ server }) => `127.0.0.1:${server.port}`);
  return {
    url: `redis+cluster://:${PASSWORD}@${hosts.join(',')}`,
    masterUrl: `redis://:${PASSWORD}@127.0.0.1:${first.server.port}`,
    killMaster: () => first.server.kill(),
    untilPromoted: () => untilMaster(replicaOfFirst.server),
    stop: async () => {
      await Promise.all(nodes.map(({ server }) => server.stop()));
    },
  };
}

interface ClusterNode {
  readonly server: RedisServer;
  readonly client: Redis;
  readonly busPort: number;
}

async function startNode(program: string): Promise<ClusterNode> {
  const busPort = await freePort();
  const server = await startRedisServer(program, [
    ...PROTECTED,
    ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
    ...['--cluster-node-timeout', String(DEAD_AFTER_MS), '--cluster-replica-validity-factor', '0'],
  ]);
  return { server, busPort, client: new Redis({ port: server.port, host: '127.0.0.1', password: PASSWORD }) };
}

async function everyNode(nodes: readonly ClusterNode[], isReady: (info: string) => boolean): Promise<void> {
  for (const { client } of nodes) {
    await vi.waitUntil(async () => isReady(String(await client.call('CLUSTER', 'INFO'))), {
      timeout: 15_000,
      interval: 100,
    });
  }
}

async function untilMaster({ port }: RedisServer): Promise<void> {
  const server = new Redis({ port, host: '127.0.0.1', password: PASSWORD });
  // An election in which no sentinel gets a majority is repeated, which a busy machine may need several times.
  await vi.waitUntil(async () => (await server.info('replication')).includes('role:master'), {
    timeout: 30_000,
    interval: 50,
  });
  server.disconnect();
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
