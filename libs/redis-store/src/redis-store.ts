import { randomUUID } from 'node:crypto';

import { type Entry, type Lock, MAX_CLOCK_SKEW_MS, type SharedStore } from '@app/http-cache';
import type { Clock } from '@app/resilience';
import type { Redis } from 'ioredis';

import { decodeEntry, encodeEntry, FIELDS, FORMAT } from './entry-codec.js';
import type { GuardedRedis } from './guarded-redis.js';
import { NO_ANSWER } from './operation-guard.js';
import { RELEASE_IF_OURS, WRITE_UNLESS_NEWER } from './scripts.js';

/**
 * The entries that all replicas of the gateway share. Where Redis does not answer, there is nothing.
 *
 * Keys and values carry a format version, so that old and new releases can share one Redis.
 */
export class RedisStore implements SharedStore {
  private readonly keyPrefix: string;

  /** @param namespace separates gateways of different upstream endpoints that share one Redis */
  constructor(
    namespace: string,
    private readonly redis: GuardedRedis,
    private readonly clock: Clock,
  ) {
    this.keyPrefix = `outboundbot-gateway:${FORMAT}:${namespace}`;
  }

  /** Undefined if there is none, if it cannot be read, or if Redis does not answer in time. Never rejects. */
  async get(id: string): Promise<Entry | undefined> {
    const values = await this.redis.run((redis) =>
      redis.hmgetBuffer(this.entryKey(id), ...FIELDS).catch(nothingIfOfWrongType),
    );
    return values === NO_ANSWER ? undefined : decodeEntry(values);
  }

  /**
   * Keeps an entry, unless a newer one is there already: a late write of an old success must not bring back what is
   * gone since, nor the other way round. With a time to live of 0 it only removes what is older. Never rejects, and
   * is over within the time-out.
   *
   * @param ttlMs how long to keep it, in milliseconds
   */
  async set(id: string, entry: Entry, ttlMs: number): Promise<void> {
    const hash = Object.entries(encodeEntry(entry)).flat();
    // The script's text and not its hash: a restarted Redis knows no hashes, and the text is short.
    await this.redis.run((redis) =>
      redis.eval(
        WRITE_UNLESS_NEWER,
        1,
        this.entryKey(id),
        FORMAT,
        entry.storedAt,
        Math.max(0, Math.ceil(ttlMs)),
        this.clock.wallTime() + MAX_CLOCK_SKEW_MS,
        ...hash,
      ),
    );
  }

  /**
   * Tries once to become the only replica that fetches an id. The lock expires by itself, and releasing it later
   * does not touch the next owner's. Never rejects, and neither does `release`.
   *
   * @param ttlMs when it expires, in milliseconds
   */
  async lock(id: string, ttlMs: number): Promise<Lock> {
    const key = `${this.keyPrefix}:lock:${id}`;
    const token = randomUUID();
    const release = (redis: Redis): Promise<unknown> => redis.eval(RELEASE_IF_OURS, 1, key, token);

    let abandoned = false;
    const reply = await this.redis.run(async (redis) => {
      const answer = await redis.set(key, token, 'PX', Math.max(1, Math.ceil(ttlMs)), 'NX');
      // Ours, but too late: without this nobody would have it until it expires.
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
    };
  }

  private entryKey(id: string): string {
    return `${this.keyPrefix}:entry:${id}`;
  }
}

/** Something else than an entry under an entry's key is a miss: Redis itself is well. */
function nothingIfOfWrongType(error: unknown): [] {
  if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return [];
  throw error;
}
