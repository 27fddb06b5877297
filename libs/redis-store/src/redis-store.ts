import { randomUUID } from 'node:crypto';

import { type Entry, MAX_CLOCK_SKEW_MS } from '@app/http-cache';
import type { Clock } from '@app/resilience';
import type { Redis } from 'ioredis';

import { Connection } from './connection.js';
import { decodeEntry, encodeEntry, FIELDS, FORMAT } from './entry-codec.js';
import { NO_ANSWER, type NoAnswer, OperationGuard } from './operation-guard.js';
import { RELEASE_IF_OURS, WRITE_UNLESS_NEWER } from './scripts.js';

export interface RedisStoreOptions {
  /** `redis://` or `rediss://`, with user, password and database if need be. */
  readonly url: string;
  /** Separates gateways of different upstream endpoints that share one Redis. */
  readonly namespace: string;
  /** The longest that an operation takes, in milliseconds. 50 if it is not given. */
  readonly operationTimeoutMs?: number;
  /** For the log. Called once a change; the state is `up` until operations fail. */
  readonly onStateChange?: (state: 'up' | 'down') => void;
}

/** What came of asking for a lock. `unavailable` is that Redis did not answer, so nobody knows who has it. */
type Lock =
  { state: 'acquired'; release: () => Promise<void> } | { state: 'taken' } | { state: 'unavailable' };

const DEFAULT_TIMEOUT_MS = 50;

/**
 * The memory that all replicas of the gateway share. Redis may be slow, hung, dead or restarted at any time: an
 * operation then costs its time-out at most, or nothing once some have failed, and never an error.
 *
 * Keys and values carry a format version, so that old and new releases can share one Redis.
 */
export class RedisStore {
  private readonly connection: Connection;
  private readonly guard: OperationGuard;
  private readonly keyPrefix: string;
  private closed = false;

  /** @throws Error if the URL is not one of Redis; the message does not tell it */
  constructor(
    options: RedisStoreOptions,
    private readonly clock: Clock,
  ) {
    this.keyPrefix = `outboundbot-gateway:${FORMAT}:${options.namespace}`;
    this.connection = new Connection(options.url);
    this.guard = new OperationGuard(
      {
        timeoutMs: options.operationTimeoutMs ?? DEFAULT_TIMEOUT_MS,
        onOpen: () => {
          this.connection.renew();
        },
        onStateChange: (state) => {
          // The end of the connection that we close ourselves is no news.
          if (!this.closed) options.onStateChange?.(state);
        },
      },
      clock,
    );
  }

  /** Undefined if there is none, if it cannot be read, or if Redis does not answer in time. Never rejects. */
  async get(id: string): Promise<Entry | undefined> {
    const values = await this.ask((redis) =>
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
    await this.ask((redis) =>
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
    const reply = await this.ask(async (redis) => {
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
        await this.ask(release);
      },
    };
  }

  /** Closes the connection without waiting for Redis. Operations find nothing from then on. */
  close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      this.connection.close();
    }
    return Promise.resolve();
  }

  private async ask<T>(operation: (redis: Redis) => Promise<T>): Promise<T | NoAnswer> {
    if (this.closed) return NO_ANSWER;
    return this.guard.run(async () => operation(await this.connection.client()));
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
