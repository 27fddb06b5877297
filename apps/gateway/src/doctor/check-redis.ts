import { randomUUID } from 'node:crypto';

import { found, gone } from '@app/http-cache';
import { RateLimit } from '@app/rate-limit';
import { GuardedRedis, type Operation, RedisStore } from '@app/redis-store';
import type { Clock } from '@app/resilience';

import type { Settings } from '../settings/settings.js';
import { elapsed, type Finding, ok, skip, warn } from './finding.js';

/** The longest wait for the connection, in milliseconds. */
const CONNECT_MS = 2000;
/** Redis forgets what the check has written after this time, even if the check cannot remove it. */
const TTL_MS = 10_000;
const KEY = 'doctor';

/** Connects, and does what the gateway does. A failure is a warning, because a gateway works on without Redis. */
export async function checkRedis({ redis: settings }: Settings, clock: Clock): Promise<Finding> {
  if (settings === undefined)
    return skip('redis', 'REDIS_URL is not set: each replica has a cache and limits of its own');
  const { url, timeoutMs, namespace } = settings;
  const failures = new Map<Operation, string>();
  let operations = 0;
  const redis = await GuardedRedis.open(
    {
      readUrl: () => url,
      timeoutMs,
      onOperation: (operation, _outcome, _durationMs, reason) => {
        operations += 1;
        if (reason !== undefined) failures.set(operation, reason);
      },
    },
    clock,
  );
  try {
    const startedAt = clock.now();
    const connected = new AbortController();
    await Promise.race([redis.firstAttempt, clock.sleep(CONNECT_MS, connected.signal)]);
    connected.abort(null);
    const connectedIn = elapsed(clock, startedAt);
    const operationsStartedAt = clock.now();
    const scratch = { ...settings, namespace: `${namespace}:doctor:${randomUUID()}` };
    await operate(redis, scratch, clock);
    const mean = Math.round((clock.now() - operationsStartedAt) / operations);
    const [reason] = failures.values();
    if (reason === undefined)
      return ok('redis', `connected in ${connectedIn}; ${operations} operations took ${mean} ms each`);
    const refused = reason === 'NOPERM' ? await refusedCommands(redis, `${scratch.namespace}:acl`) : [];
    return warn(
      'redis',
      `does not work (${[...failures.keys()].join(', ')}: ${reason})`,
      ...(refused.length > 0
        ? [`Allow the user these commands in the ACL of Redis: ${refused.join(', ')}.`]
        : []),
      adviceFor(reason),
      'Until then the gateway does without what fails: each replica has a cache and limits of its own.',
    );
  } finally {
    redis.close();
  }
}

/** Does each operation of the gateway, and removes what it has written. */
async function operate(
  redis: GuardedRedis,
  settings: NonNullable<Settings['redis']>,
  clock: Clock,
): Promise<void> {
  const store = new RedisStore(settings, redis, clock);
  const storedAt = clock.wallTime();
  const lock = await store.lock(KEY, TTL_MS);
  // A lock that is taken needs another command.
  await store.lock(KEY, TTL_MS);
  await store.set(KEY, found('{}', storedAt), TTL_MS);
  await store.get(KEY);
  if (lock.state === 'acquired') {
    await lock.renew(TTL_MS);
    await lock.release();
  }
  // Redis forgets a count after its window.
  await new RateLimit({ requests: 1, windowS: 0.001 }, settings.namespace, clock, redis).take(KEY);
  // With a time to live of 0, this removes the older entry.
  await store.set(KEY, gone(storedAt + 1), 0);
}

/** What the user of the gateway must be allowed. The key has no value afterwards. */
const COMMANDS: readonly (readonly [name: string, ...args: string[]])[] = [
  ['eval', 'return 1', '1', 'KEY'],
  ['set', 'KEY', '1', 'PX', '1000'],
  ['get', 'KEY'],
  ['strlen', 'KEY'],
  ['getrange', 'KEY', '0', '1'],
  ['pttl', 'KEY'],
  ['time'],
  ['lpush', 'KEY', '1'],
  ['rpush', 'KEY', '1'],
  ['lpop', 'KEY'],
  ['rpop', 'KEY'],
  ['lindex', 'KEY', '0'],
  ['pexpire', 'KEY', '1000'],
  ['del', 'KEY'],
];

/** An error of a script does not say which of its commands was refused, so each is tried by itself. */
async function refusedCommands(redis: GuardedRedis, key: string): Promise<string[]> {
  const refused: string[] = [];
  await redis.run('get', (client) =>
    Promise.all(
      COMMANDS.map(async ([name, ...args]) => {
        try {
          await client.call(name, ...args.map((arg) => (arg === 'KEY' ? key : arg)));
        } catch (error) {
          if (redis.reasonOf(error) === 'NOPERM') refused.push(name);
        }
      }),
    ),
  );
  return refused;
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
  [/timeout|in time/, 'Redis or the network is slow: raise REDIS_TIMEOUT_MS, or run Redis nearer.'],
  [/TLS/, 'Check whether Redis uses TLS, and its certificate; NODE_EXTRA_CA_CERTS names a CA of your own.'],
];

function adviceFor(reason: string): string {
  return (
    ADVICE.find(([pattern]) => pattern.test(reason))?.[1] ??
    'Check REDIS_URL, whether Redis runs, and whether the network allows the connection.'
  );
}
