import { randomUUID } from 'node:crypto';

import { type Entry, type Lock, MAX_CLOCK_SKEW_MS, type SharedStore } from '@app/http-cache';
import type { Clock } from '@app/resilience';
import type { Redis } from 'ioredis';

import { decodeEntry, encodeEntry, FIELDS, FORMAT } from './entry-codec.js';
import type { GuardedRedis } from './guarded-redis.js';
import { NO_ANSWER } from './operation-guard.js';
import { READ_IF_NEWER, RELEASE_IF_OURS, RENEW_IF_OURS, WRITE_UNLESS_NEWER } from './scripts.js';

/**
 * The cache entries that all replicas share. While Redis does not answer, every read is a miss, every write is dropped
 * and every lock is `unavailable`.
 *
 * Keys and values carry a format version, so that old and new releases can share one Redis.
 */
export class RedisStore implements SharedStore {
  private readonly keyPrefix: string;

  /** @param namespace separates gateways with different upstream endpoints that share one Redis */
  constructor(
    namespace: string,
    private readonly redis: GuardedRedis,
    private readonly clock: Clock,
  ) {
    this.keyPrefix = `outboundbot-gateway:${FORMAT}:${namespace}`;
  }

  /**
   * Returns the entry of a key; undefined if there is none, if it is not newer or not valid, or if Redis does not answer.
   * Never rejects.
   *
   * @param newerThan in Unix milliseconds: an entry that is not newer stays in Redis, because a list may have megabytes
   */
  async get(key: string, newerThan = -Infinity): Promise<Entry | undefined> {
    const name = this.entryKey(key);
    const values = await this.redis.run((redis) =>
      (newerThan === -Infinity
        ? redis.hmgetBuffer(name, ...FIELDS)
        : (redis.callBuffer('EVAL', READ_IF_NEWER, 1, name, FORMAT, newerThan, ...FIELDS) as Promise<
            (Buffer | null)[]
          >)
      ).catch(missIfWrongType),
    );
    return values === NO_ANSWER ? undefined : decodeEntry(values);
  }

  /**
   * Stores an entry unless Redis has a newer one: a late write must not replace a newer entry of either kind. With a
   * `ttlMs` of 0 it only removes an older entry. Never rejects.
   *
   * @param ttlMs how long Redis keeps the entry, in milliseconds
   */
  async set(key: string, entry: Entry, ttlMs: number): Promise<void> {
    const hash = Object.entries(encodeEntry(entry)).flat();
    // EVAL, not EVALSHA: the script is short, and a restarted Redis would have forgotten its hash.
    await this.redis.run((redis) =>
      redis.eval(
        WRITE_UNLESS_NEWER,
        1,
        this.entryKey(key),
        FORMAT,
        entry.storedAt,
        Math.max(0, Math.ceil(ttlMs)),
        this.clock.wallTime() + MAX_CLOCK_SKEW_MS,
        ...hash,
      ),
    );
  }

  /**
   * Tries once to lock a key, so that only one replica fetches it. The lock expires by itself. Releasing an expired
   * lock does not release the lock of its next owner. Neither `lock` nor `release` rejects.
   *
   * @param ttlMs when the lock expires, in milliseconds
   */
  async lock(key: string, ttlMs: number): Promise<Lock> {
    const lockKey = `${this.keyPrefix}:lock:${key}`;
    const token = randomUUID();
    const release = (redis: Redis): Promise<unknown> => redis.eval(RELEASE_IF_OURS, 1, lockKey, token);

    let abandoned = false;
    const reply = await this.redis.run(async (redis) => {
      const answer = await redis.set(lockKey, token, 'PX', Math.max(1, Math.ceil(ttlMs)), 'NX');
      // The lock was acquired after the time-out. Without this release, no replica could lock the key until the lock
      // expires.
      if (abandoned && answer !== null) await release(redis);
      return answer;
    });
    if (reply === NO_ANSWER) {
      abandoned = true;
      return { state: 'unavailable' };
    }
    if (reply === null) return { state: 'taken' };
    return {
      state: 'acquired',
      release: async () => {
        await this.redis.run(release);
      },
      renew: async (renewedMs) => {
        await this.redis.run((redis) => redis.eval(RENEW_IF_OURS, 1, lockKey, token, Math.ceil(renewedMs)));
      },
    };
  }

  private entryKey(key: string): string {
    return `${this.keyPrefix}:entry:${key}`;
  }
}

/** A value of another type is a miss, not a failure of Redis. */
function missIfWrongType(error: unknown): [] {
  if (error instanceof Error && error.message.includes('WRONGTYPE')) return [];
  throw error;
}
