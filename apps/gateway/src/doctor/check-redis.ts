import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

import { GuardedRedis, NO_ANSWER } from '@app/redis-store';
import type { Clock } from '@app/resilience';

import type { Settings } from '../settings/settings.js';
import { elapsed } from './check-network.js';
import { type Finding, ok, skip, warn } from './finding.js';

/** The longest wait for the connection, in milliseconds. */
const CONNECT_MS = 2000;
/** Redis forgets what the check has written after this time, even if the check cannot remove it. */
const TTL_MS = 10_000;

/** Connects, writes and reads as the gateway does. A failure is a warning, because a gateway works on without Redis. */
export async function checkRedis({ redis: { url, namespace } }: Settings, clock: Clock): Promise<Finding> {
  if (url === undefined)
    return skip('redis', 'REDIS_URL is not set: each replica has a cache and limits of its own');
  const redis = await GuardedRedis.open({ url }, clock);
  let reason = '';
  redis.client.on('error', (error: unknown) => {
    reason = reasonOf(error);
  });
  try {
    const startedAt = clock.now();
    const closing = new AbortController();
    await Promise.race([
      once(redis.client, 'ready', closing).catch(() => undefined),
      once(redis.client, 'close', closing).catch(() => undefined),
      clock.sleep(CONNECT_MS, closing.signal),
    ]);
    closing.abort();
    const connectedIn = elapsed(clock, startedAt);
    const key = `outboundbot-gateway:doctor:${namespace}:${randomUUID()}`;
    const step = async (what: string, operation: () => Promise<unknown>): Promise<boolean> => {
      const answer = await redis.run(() =>
        operation().catch((error: unknown) => {
          reason = reasonOf(error);
          throw error;
        }),
      );
      if (answer === NO_ANSWER) reason = `${what}: ${reason || 'no answer in time'}`;
      return answer !== NO_ANSWER;
    };
    const operationsStartedAt = clock.now();
    const works =
      redis.client.status === 'ready' &&
      (await step('writing', () => redis.client.set(key, '1', 'PX', TTL_MS))) &&
      (await step('reading', () => redis.client.get(key))) &&
      (await step('removing', () => redis.client.del(key)));
    if (!works) {
      return warn(
        'redis',
        `does not work (${reason || 'no connection'})`,
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
  [/ECONNREFUSED/, 'Nothing listens there: check the host and the port in REDIS_URL.'],
  [/ENOTFOUND|EAI_AGAIN/, 'The name in REDIS_URL cannot be resolved: check it for a typing error.'],
  [/WRONGPASS|NOAUTH/, 'Check the user and the password in REDIS_URL.'],
  [/NOPERM/, "Allow the user the gateway's keys and commands in the ACL of Redis."],
  [/READONLY/, 'REDIS_URL names a replica: name the primary.'],
  [/OOM|MISCONF/, 'Redis refuses writes: check its maxmemory (with allkeys-lru) and its disk.'],
  [/MOVED/, 'This Redis is a cluster.'],
  [/CERT|TLS|SSL/, 'Check the certificate of Redis; NODE_EXTRA_CA_CERTS names a CA of your own.'],
];

function adviceFor(reason: string): string {
  return (
    ADVICE.find(([pattern]) => pattern.test(reason))?.[1] ??
    'Check REDIS_URL, whether Redis runs, and whether the network allows the connection.'
  );
}

/** The code of the error, or the first word of Redis's answer, which is its kind of error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error) return String(error.code);
  return /^[A-Z]{3,}\b/.exec(error.message)?.[0] ?? 'no connection';
}
