import { randomUUID } from 'node:crypto';

import { GuardedRedis, NO_ANSWER, type Operation, type RedisClient } from '@app/redis-store';
import type { Clock } from '@app/resilience';

import type { Settings } from '../settings/settings.js';
import { elapsed, type Finding, ok, skip, warn } from './finding.js';

/** The longest wait for the connection, in milliseconds. */
const CONNECT_MS = 2000;
/** Redis forgets what the check has written after this time, even if the check cannot remove it. */
const TTL_MS = 10_000;

/** Connects, writes and reads as the gateway does. A failure is a warning, because a gateway works on without Redis. */
export async function checkRedis({ redis: settings }: Settings, clock: Clock): Promise<Finding> {
  if (settings === undefined)
    return skip('redis', 'REDIS_URL is not set: each replica has a cache and limits of its own');
  const { url, timeoutMs, namespace } = settings;
  const redis = await GuardedRedis.open({ readUrl: () => url, timeoutMs }, clock);
  let reason = '';
  const step = async (
    what: string,
    operation: Operation,
    task: (client: RedisClient) => Promise<unknown>,
  ): Promise<boolean> => {
    const answer = await redis.run(operation, async (client) => {
      try {
        return await task(client);
      } catch (error) {
        reason = redis.reasonOf(error);
        throw error;
      }
    });
    if (answer === NO_ANSWER) reason = `${what}: ${reason || 'no answer in time'}`;
    return answer !== NO_ANSWER;
  };
  try {
    const startedAt = clock.now();
    const connected = new AbortController();
    await Promise.race([redis.firstAttempt, clock.sleep(CONNECT_MS, connected.signal)]);
    connected.abort(null);
    const connectedIn = elapsed(clock, startedAt);
    const key = `${namespace}:doctor:${randomUUID()}`;
    const operationsStartedAt = clock.now();
    const works =
      (await step('writing', 'set', (client) => client.set(key, '1', 'PX', TTL_MS))) &&
      (await step('reading', 'get', (client) => client.get(key))) &&
      (await step('removing', 'unlock', (client) => client.del(key)));
    if (!works) {
      return warn(
        'redis',
        `does not work (${reason})`,
        adviceFor(reason),
        'Until then the gateway works without it: each replica has a cache and limits of its own.',
      );
    }
    const mean = Math.round((clock.now() - operationsStartedAt) / 3);
    return ok('redis', `connected in ${connectedIn}; a write, a read and a removal took ${mean} ms each`);
  } finally {
    redis.close();
  }
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/refused/, 'Nothing listens there: check the host and the port in REDIS_URL.'],
  [/DNS/, 'The name in REDIS_URL cannot be resolved: check it for a typing error.'],
  [
    /WRONGPASS|NOAUTH/,
    'Check the user and the password in REDIS_URL, and for sentinels sentinelUsername and sentinelPassword.',
  ],
  [/master-name/, 'The sentinels do not know the master that REDIS_URL names: check its name.'],
  [/no-sentinel/, 'This is no sentinel: check the port, or begin REDIS_URL with redis:// or rediss://.'],
  [/no-cluster/, 'This is no cluster: begin REDIS_URL with redis:// or rediss://.'],
  [/no-command/, 'This is no Redis 5 or later, or it is a sentinel: then use redis+sentinel://.'],
  [/NOPERM/, "Allow the user the gateway's keys and commands in the ACL of Redis."],
  [/READONLY/, 'REDIS_URL names a replica: name the primary.'],
  [/OOM|MISCONF/, 'Redis refuses writes: check its maxmemory (with allkeys-lru) and its disk.'],
  [/MOVED/, 'This Redis is a cluster: REDIS_URL must begin with redis+cluster://.'],
  [/TLS/, 'Check whether Redis uses TLS, and its certificate; NODE_EXTRA_CA_CERTS names a CA of your own.'],
];

function adviceFor(reason: string): string {
  return (
    ADVICE.find(([pattern]) => pattern.test(reason))?.[1] ??
    'Check REDIS_URL, whether Redis runs, and whether the network allows the connection.'
  );
}
