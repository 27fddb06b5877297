import type { Clock } from '@app/resilience';

import type { Connection } from './connection.js';
import type { RedisClient } from './create-client.js';
import { isReply } from './failure-reason.js';
import {
  NO_ANSWER,
  type NoAnswer,
  type OnOperation,
  type Operation,
  OperationGuard,
  type StateChange,
} from './operation-guard.js';
import { type StateReport, StateReports } from './state-reports.js';

export interface GuardedRedisOptions {
  /** Gives the URL (see `parseRedisUrl`). It is called again before each reconnection. */
  readonly readUrl: () => string;
  /** The longest that an operation may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Called when Redis fails and when it works again, for the log; at most once a minute if that happens often. */
  readonly onStateChange?: (report: StateReport) => void;
  /** Called after each operation that was tried, for metrics. */
  readonly onOperation?: OnOperation;
}

/**
 * The Redis that all replicas share. It may be slow, hang, fail or restart at any time: an operation never rejects, ends
 * within its time-out, and ends at once while Redis is known to be down.
 */
export class GuardedRedis {
  private readonly guard: OperationGuard;
  private readonly reports: StateReports;
  private hasTriedToConnect = false;
  private closed = false;

  /**
   * Loads ioredis lazily, because a gateway without Redis does not need it.
   *
   * @throws Error if the URL is not a Redis URL. The message does not quote it
   */
  static async open(options: GuardedRedisOptions, clock: Clock): Promise<GuardedRedis> {
    const { Connection } = await import('./connection.js');
    return new GuardedRedis(new Connection(options.readUrl), options, clock);
  }

  private constructor(
    private readonly connection: Connection,
    { timeoutMs, onStateChange, onOperation }: GuardedRedisOptions,
    clock: Clock,
  ) {
    this.reports = new StateReports((report) => onStateChange?.(report), clock);
    void connection.firstAttempt.then(() => {
      this.hasTriedToConnect = true;
    });
    this.guard = new OperationGuard(
      {
        timeoutMs,
        onOpen: () => {
          this.connection.renew();
        },
        onStateChange: (change) => {
          this.report(change);
        },
        onOperation: (...operation) => {
          if (!this.closed) onOperation?.(...operation);
        },
        reasonOf: (error) => this.connection.reasonOf(error),
        isReply,
      },
      clock,
    );
  }

  /** Whether Redis answers, and no operation fails. */
  get isUp(): boolean {
    return this.guard.isUp;
  }

  /** Resolves when the first attempt to connect has ended, well or not. */
  get firstAttempt(): Promise<void> {
    return this.connection.firstAttempt;
  }

  /** Why an operation failed with this error, or without one took too long, in one word such as `WRONGPASS` or `refused`. */
  reasonOf(error?: unknown): string {
    return this.connection.reasonOf(error);
  }

  /**
   * Returns the operation's answer, or `NO_ANSWER` if it fails or takes longer than the time-out. Never rejects.
   *
   * @param task rejects only if Redis failed. An answer after the time-out is ignored
   */
  async run<T>(operation: Operation, task: (client: RedisClient) => Promise<T>): Promise<T | NoAnswer> {
    if (this.closed) return NO_ANSWER;
    return this.guard.run(operation, async () => {
      await this.connection.firstAttempt;
      return task(this.connection.client);
    });
  }

  /** Operations may take too long before the first attempt to connect has ended, which then says why. */
  private report(change: StateChange): void {
    if (!this.hasTriedToConnect) {
      void this.connection.firstAttempt.then(() => {
        this.report(change.state === 'down' ? { ...change, reason: this.connection.reasonOf() } : change);
      });
      return;
    }
    // `close` ends the connection on purpose, which is not a failure.
    if (!this.closed) this.reports.change(change);
  }

  /** Closes the connection without waiting for Redis. From then on every operation returns `NO_ANSWER`. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.reports.close();
    this.connection.close();
  }
}
