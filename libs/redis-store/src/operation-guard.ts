import { setImmediate as socketsRead } from 'node:timers/promises';

import type { Clock } from '@app/resilience';

import { OperationHealth } from './operation-health.js';
import { ProbingBreaker } from './probing-breaker.js';

/** Returned in place of an answer: Redis failed, was too slow, or was not asked because the breaker is open. */
export const NO_ANSWER: unique symbol = Symbol('no answer');
export type NoAnswer = typeof NO_ANSWER;

/** What is done in Redis: with entries, with locks, and with the counts of rate limits. */
export const OPERATIONS = ['get', 'set', 'lock', 'unlock', 'count'] as const;
export type Operation = (typeof OPERATIONS)[number];

export const OPERATION_OUTCOMES = ['ok', 'timeout', 'error'] as const;
export type OperationOutcome = (typeof OPERATION_OUTCOMES)[number];

/** @param reason why the operation failed, in one word; undefined if it did not */
export type OnOperation = (
  operation: Operation,
  outcome: OperationOutcome,
  durationMs: number,
  reason?: string,
) => void;

export interface OperationGuardOptions {
  /** The longest that an operation may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Called when Redis or one operation begins to fail (`down`), and when all work again (`up`). */
  readonly onStateChange: (change: StateChange) => void;
  /** Called whenever Redis stops being used, also after a failed probe. */
  readonly onOpen: () => void;
  /** Called after each operation that was tried. */
  readonly onOperation: OnOperation;
  /** Why an operation failed, in one word. Without an error it took too long. */
  readonly reasonOf: (error?: unknown) => string;
  /** Whether an error is an answer of Redis, which refuses the operation but is there. */
  readonly isReply: (error: unknown) => boolean;
}

export type StateChange =
  | { readonly state: 'up' }
  /** `operation` was the last that failed. */
  | { readonly state: 'down'; readonly operation: Operation; readonly reason: string };

type Attempt<T> =
  | { readonly outcome: 'ok'; readonly answer: T }
  | { readonly outcome: 'timeout' | 'error'; readonly reason: string; readonly isAnswered: boolean };

interface OperationState {
  readonly breaker: ProbingBreaker;
  readonly health: OperationHealth;
}

/**
 * Limits what a failing Redis costs. Each operation has a time-out, and is not run while Redis gives no answers, so only one
 * operation a second waits for the time-out of a Redis that hangs.
 *
 * Redis may also answer some operations and refuse others: it is a replica, its memory is full, or its user lacks a command.
 * So each operation has a breaker of its own, too, and the others go on.
 */
export class OperationGuard {
  private readonly redis: ProbingBreaker;
  private readonly operations: Readonly<Record<Operation, OperationState>>;
  private isReportedDown = false;

  constructor(
    private readonly options: OperationGuardOptions,
    private readonly clock: Clock,
  ) {
    this.redis = new ProbingBreaker(clock);
    const stateOf = (): OperationState => ({
      breaker: new ProbingBreaker(clock),
      health: new OperationHealth(),
    });
    this.operations = {
      get: stateOf(),
      set: stateOf(),
      lock: stateOf(),
      unlock: stateOf(),
      count: stateOf(),
    };
  }

  /** Whether Redis answers, and no operation fails. */
  get isUp(): boolean {
    return !this.redis.isOpen && Object.values(this.operations).every(({ health }) => !health.isFailing);
  }

  /**
   * Returns the operation's answer, or `NO_ANSWER` if it fails or takes longer than the time-out. Never rejects.
   *
   * @param task rejects only if Redis failed. An answer after the time-out is ignored
   */
  async run<T>(operation: Operation, task: () => Promise<T>): Promise<T | NoAnswer> {
    const { redis } = this;
    const { breaker, health } = this.operations[operation];
    if (!redis.admits || !breaker.admits) return NO_ANSWER;
    const endInRedis = redis.begin();
    const endOperation = breaker.begin();
    const attempt = await this.attempt(operation, task);

    const wasOpen = redis.isOpen;
    const wasFailing = health.isFailing;
    const hasOpened = endInRedis(attempt.outcome === 'ok' || attempt.isAnswered);
    if (redis.isOpen) {
      // While Redis gives no answers, that is not due to the operation.
      endOperation(undefined);
    } else {
      endOperation(attempt.outcome === 'ok');
      health.record(attempt.outcome === 'ok');
    }
    if (hasOpened) this.options.onOpen();
    if (attempt.outcome === 'ok') {
      this.reportIfUp();
      return attempt.answer;
    }
    if ((hasOpened && !wasOpen) || (health.isFailing && !wasFailing))
      this.reportDown(operation, attempt.reason);
    return NO_ANSWER;
  }

  private reportDown(operation: Operation, reason: string): void {
    this.isReportedDown = true;
    this.options.onStateChange({ state: 'down', operation, reason });
  }

  private reportIfUp(): void {
    if (!this.isReportedDown || !this.isUp) return;
    this.isReportedDown = false;
    this.options.onStateChange({ state: 'up' });
  }

  private async attempt<T>(operation: Operation, task: () => Promise<T>): Promise<Attempt<T>> {
    const startedAt = this.clock.now();
    const settled = new AbortController();
    const attempt = await Promise.race([this.settle(task), this.timeout(settled.signal)]);
    // Without a reason, `abort` would create an error with a stack for every operation.
    settled.abort(null);
    const reason = attempt.outcome === 'ok' ? undefined : attempt.reason;
    this.options.onOperation(operation, attempt.outcome, this.clock.now() - startedAt, reason);
    return attempt;
  }

  private async settle<T>(task: () => Promise<T>): Promise<Attempt<T>> {
    try {
      return { outcome: 'ok', answer: await task() };
    } catch (error) {
      const { reasonOf, isReply } = this.options;
      return { outcome: 'error', reason: reasonOf(error), isAnswered: isReply(error) };
    }
  }

  private async timeout(signal: AbortSignal): Promise<Attempt<never>> {
    await this.clock.sleep(this.options.timeoutMs, signal);
    // Node runs timers before it reads sockets. If the process was blocked, an answer may have arrived in time and not
    // been read yet, so the time-out waits until the sockets are read.
    if (!signal.aborted) await socketsRead();
    return { outcome: 'timeout', reason: this.options.reasonOf(), isAnswered: false };
  }
}
