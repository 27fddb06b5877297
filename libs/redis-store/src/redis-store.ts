import { randomUUID } from 'node:crypto';

import { type Entry, type Lock, MAX_CLOCK_SKEW_MS, type SharedStore } from '@app/http-cache';
import type { Clock } from '@app/resilience';

import { type Account, entryKeyOf } from './account.js';
import type { RedisClient } from './create-client.js';
import { EntryCodec, FORMAT, MAX_VALUE_BYTES } from './entry-codec.js';
import type { GuardedRedis } from './guarded-redis.js';
import { NO_ANSWER } from './operation-guard.js';
import { LOCK, READ_IF_NEWER, RELEASE_IF_OURS, RENEW_IF_OURS, WRITE_UNLESS_NEWER } from './scripts.js';

/** What the script `LOCK` returns if the key is locked, and if it has replaced a value that no gateway wrote. */
const TAKEN = 0;
const REPLACED = 2;

export interface RedisStoreOptions {
  /** Begins all names of keys: see `namespaceOf`. */
  readonly namespace: string;
  readonly account: Account;
  /** Called when a value is not an entry or a lock that a gateway of this account has written. */
  readonly onRejected?: () => void;
}

/**
 * The cache entries that all replicas share. While Redis does not answer, every read is a miss, every write is dropped
 * and every lock is `unavailable`.
 *
 * Keys and values carry a format version, so that old and new releases can share one Redis.
 */
export class RedisStore implements SharedStore {
  private readonly codec: EntryCodec;

  constructor(
    private readonly options: RedisStoreOptions,
    private readonly redis: GuardedRedis,
    private readonly clock: Clock,
  ) {
    this.codec = new EntryCodec(entryKeyOf(options.account));
  }

  /**
   * Returns the entry of a key; undefined if there is none, if it is not newer or not valid, or if Redis does not answer.
   * Never rejects.
   *
   * @param newerThan in Unix milliseconds: an entry that is not newer stays in Redis, because a list may have megabytes
   */
  async get(key: string, newerThan = -Infinity): Promise<Entry | undefined> {
    const name = this.entryName(key);
    // No entry is older than the epoch.
    const known = Math.max(-1, newerThan);
    const value = await this.redis.run('get', (redis) =>
      redis
        .callBuffer('eval', READ_IF_NEWER, 1, name, MAX_VALUE_BYTES, FORMAT, known)
        .catch(invalidIfWrongType),
    );
    if (value === NO_ANSWER || value === null) return undefined;
    const entry = Buffer.isBuffer(value) ? await this.codec.decode(name, value) : undefined;
    if (!entry) this.options.onRejected?.();
    return entry;
  }

  /**
   * Stores an entry unless Redis has a newer one: a late write must not replace a newer entry of either kind. With a
   * `ttlMs` of 0 it only removes an older entry. Never rejects. An entry that is too long is not stored.
   *
   * @param ttlMs how long Redis keeps the entry, in milliseconds
   */
  async set(key: string, entry: Entry, ttlMs: number): Promise<void> {
    const name = this.entryName(key);
    const value = await this.codec.encode(name, entry);
    if (!value) return;
    const latestCredible = this.clock.wallTime() + MAX_CLOCK_SKEW_MS;
    // EVAL, not EVALSHA: the script is short, and a restarted Redis would have forgotten its hash.
    await this.redis.run('set', (redis) =>
      redis.eval(
        WRITE_UNLESS_NEWER,
        ...[1, name, FORMAT, entry.storedAt, Math.max(0, Math.ceil(ttlMs)), latestCredible, value],
      ),
    );
  }

  /**
   * Tries once to lock a key, so that only one replica fetches it. The lock expires by itself. Releasing an expired
   * lock does not release the lock of its next owner. Neither `lock` nor `release` rejects.
   *
   * @param ttlMs when the lock expires, in milliseconds: the same in every replica
   */
  async lock(key: string, ttlMs: number): Promise<Lock> {
    const name = `${this.options.namespace}:lock:${key}`;
    const token = randomUUID();
    const release = (redis: RedisClient): Promise<unknown> =>
      redis.eval(RELEASE_IF_OURS, 1, name, token).catch(invalidIfWrongType);

    let abandoned = false;
    const reply = await this.redis.run('lock', async (redis) => {
      const answer = await redis.eval(LOCK, 1, name, token, Math.max(1, Math.ceil(ttlMs)));
      // The lock was acquired after the time-out. Without this release, no replica could lock the key until the lock
      // expires.
      if (abandoned && answer !== TAKEN) await release(redis);
      return answer;
    });
    if (reply === NO_ANSWER) {
      abandoned = true;
      return { state: 'unavailable' };
    }
    if (reply === TAKEN) return { state: 'taken' };
    if (reply === REPLACED) this.options.onRejected?.();
    return {
      state: 'acquired',
      release: async () => {
        await this.redis.run('unlock', release);
      },
      renew: async (renewedMs) => {
        await this.redis.run('lock', (redis) =>
          redis.eval(RENEW_IF_OURS, 1, name, token, Math.ceil(renewedMs)).catch(invalidIfWrongType),
        );
      },
    };
  }

  private entryName(key: string): string {
    return `${this.options.namespace}:entry:${key}`;
  }
}

/** A value of another type was planted, which is not a failure of Redis. */
function invalidIfWrongType(error: unknown): undefined {
  if (error instanceof Error && error.message.includes('WRONGTYPE')) return undefined;
  throw error;
}
