import type { Clock } from '@app/resilience';
import type { Redis } from 'ioredis';

import type { Connection } from './connection.js';
import { NO_ANSWER, type NoAnswer, OperationGuard } from './operation-guard.js';

export interface GuardedRedisOptions {
  /** `redis://` or `rediss://`, with user, password and database if need be. */
  readonly url: string;
  /** The longest that an operation takes, in milliseconds. 50 if it is not given. */
  readonly operationTimeoutMs?: number;
  /** For the log. Called once a change; the state is `up` until operations fail. */
  readonly onStateChange?: (state: 'up' | 'down') => void;
}

const DEFAULT_TIMEOUT_MS = 50;

/**
 * The Redis that all replicas of the gateway share. It may be slow, hung, dead or restarted at any time: an operation
 * then costs its time-out at most, or nothing once some have failed, and never an error.
 */
export class GuardedRedis {
  private readonly guard: OperationGuard;
  private closed = false;

  /**
   * Loads ioredis, which nobody pays for who has no Redis.
   *
   * @throws Error if the URL is not one of Redis; the message does not tell it
   */
  static async open(options: GuardedRedisOptions, clock: Clock): Promise<GuardedRedis> {
    const { Connection } = await import('./connection.js');
    return new GuardedRedis(new Connection(options.url), options, clock);
  }

  private constructor(
    private readonly connection: Connection,
    options: GuardedRedisOptions,
    clock: Clock,
  ) {
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

  /** For a library that wants a client of its own. What it does outside of `run` is not guarded. */
  get client(): Redis {
    return this.connection.redis;
  }

  /** Whether operations reach it, as far as those that were tried can tell. */
  get isUp(): boolean {
    return this.guard.isUp;
  }

  /**
   * The operation's answer, or `NO_ANSWER` within the time-out. Never rejects.
   *
   * @param operation rejects only if Redis did not do its work; may still answer after the time-out, to nobody
   */
  async run<T>(operation: (client: Redis) => Promise<T>): Promise<T | NoAnswer> {
    if (this.closed) return NO_ANSWER;
    return this.guard.run(async () => {
      await this.connection.firstAttempt;
      return operation(this.connection.redis);
    });
  }

  /** Closes the connection without waiting for Redis. Operations find nothing from then on. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.connection.close();
  }
}
