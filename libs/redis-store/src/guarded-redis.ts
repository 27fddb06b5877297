import type { Clock } from '@app/resilience';
import type { Redis } from 'ioredis';

import type { Connection } from './connection.js';
import { NO_ANSWER, type NoAnswer, OperationGuard } from './operation-guard.js';

export interface GuardedRedisOptions {
  /** `redis://` or `rediss://`. It may contain a user, a password and a database. */
  readonly url: string;
  /** The longest that an operation may take, in milliseconds. Default: 50. */
  readonly operationTimeoutMs?: number;
  /** Called at every change of the state, for the log. The state is `up` at first, and `down` when operations fail. */
  readonly onStateChange?: (state: 'up' | 'down') => void;
}

const DEFAULT_TIMEOUT_MS = 50;

/**
 * The Redis that all replicas share. It may be slow, hang, fail or restart at any time: an operation never rejects, ends
 * within its time-out, and ends at once while Redis is known to be down.
 */
export class GuardedRedis {
  private readonly guard: OperationGuard;
  private closed = false;

  /**
   * Loads ioredis lazily, because a gateway without Redis does not need it.
   *
   * @throws Error if the URL is not a Redis URL. The message does not quote it
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
          // `close` ends the connection on purpose, which is not a failure.
          if (!this.closed) options.onStateChange?.(state);
        },
      },
      clock,
    );
  }

  /** The client, for a library that needs it. Only operations within `run` are guarded. */
  get client(): Redis {
    return this.connection.redis;
  }

  /** Whether operations are sent to Redis. False after several operations have failed. */
  get isUp(): boolean {
    return this.guard.isUp;
  }

  /**
   * Returns the operation's answer, or `NO_ANSWER` if it fails or takes longer than the time-out. Never rejects.
   *
   * @param operation rejects only if Redis failed. An answer after the time-out is ignored
   */
  async run<T>(operation: (client: Redis) => Promise<T>): Promise<T | NoAnswer> {
    if (this.closed) return NO_ANSWER;
    return this.guard.run(async () => {
      await this.connection.firstAttempt;
      return operation(this.connection.redis);
    });
  }

  /** Closes the connection without waiting for Redis. From then on every operation returns `NO_ANSWER`. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.connection.close();
  }
}
