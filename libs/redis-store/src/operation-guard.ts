import { setImmediate as socketsRead } from 'node:timers/promises';

import type { Clock } from '@app/resilience';

/** Returned in place of an answer: Redis failed, was too slow, or was not asked because the breaker is open. */
export const NO_ANSWER: unique symbol = Symbol('no answer');
export type NoAnswer = typeof NO_ANSWER;

/** What is done in Redis. A Redis may answer reads and refuse writes: a replica, a full memory, a failed snapshot. */
const ACCESS = { get: 'read', set: 'write', lock: 'write', unlock: 'write', count: 'write' } as const;
type Access = (typeof ACCESS)[Operation];

export type Operation = keyof typeof ACCESS;
export const OPERATIONS = Object.keys(ACCESS) as Operation[];

export const OPERATION_OUTCOMES = ['ok', 'timeout', 'error'] as const;
export type OperationOutcome = (typeof OPERATION_OUTCOMES)[number];

export interface OperationGuardOptions {
  /** The longest that an operation may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Called when the breaker opens after failures (`down`), and when it closes again (`up`). */
  readonly onStateChange: (change: StateChange) => void;
  /** Called whenever the breaker opens, also after a failed probe. */
  readonly onOpen: () => void;
  /** Called after each operation that was tried. */
  readonly onOperation: (operation: Operation, outcome: OperationOutcome, durationMs: number) => void;
  /** Why an operation failed, in one word. */
  readonly reasonOf: (error: unknown) => string;
}

export type StateChange =
  | { readonly state: 'up' }
  /** `operation` was the last that failed. */
  | { readonly state: 'down'; readonly operation: Operation; readonly reason: string };

type Attempt<T> =
  | { readonly outcome: 'ok'; readonly answer: T }
  | { readonly outcome: 'timeout' }
  | { readonly outcome: 'error'; readonly error: unknown };

/** How many failures in a row open the breaker. */
const MAX_FAILURES = 3;

/** How long the breaker stays open before a probe, in milliseconds. */
const OPEN_MS = 1000;

/**
 * Limits what a failing Redis costs: each operation has a time-out, and one breaker covers all operations. While Redis
 * hangs, only one operation a second waits for its time-out.
 *
 * Reads and writes also count by themselves, so the answers to reads do not hide that all writes fail. If one kind opened
 * the breaker, only that kind closes it.
 *
 * This breaker is simpler than the upstream's because Redis is optional. An open upstream breaker costs callers errors,
 * so it needs a failure ratio over a window of many calls. An open Redis breaker only costs some more upstream calls, so
 * three failures in a row may open it, and one successful probe closes it.
 */
export class OperationGuard {
  /** How many operations of each kind, and of both, have failed in a row. */
  private failures = { read: 0, write: 0, any: 0 };
  private open: { readonly access: Access | 'any'; readonly until: number } | undefined;
  private probing = false;

  constructor(
    private readonly options: OperationGuardOptions,
    private readonly clock: Clock,
  ) {}

  /** Whether the breaker is closed. */
  get isUp(): boolean {
    return this.open === undefined;
  }

  /**
   * Returns the operation's answer, or `NO_ANSWER` if it fails or takes longer than the time-out. Never rejects.
   *
   * @param task rejects only if Redis failed. An answer after the time-out is ignored
   */
  async run<T>(operation: Operation, task: () => Promise<T>): Promise<T | NoAnswer> {
    const { open } = this;
    if (!open) {
      const attempt = await this.attempt(operation, task);
      this.record(operation, attempt);
      return answerOf(attempt);
    }

    const isProbe = open.access === 'any' || open.access === ACCESS[operation];
    if (this.probing || !isProbe || this.clock.now() < open.until) return NO_ANSWER;
    this.probing = true;
    const attempt = await this.attempt(operation, task);
    this.probing = false;
    if (attempt.outcome === 'ok') this.close();
    else this.openFor(open.access);
    return answerOf(attempt);
  }

  private async attempt<T>(operation: Operation, task: () => Promise<T>): Promise<Attempt<T>> {
    const startedAt = this.clock.now();
    const settled = new AbortController();
    const attempt = await Promise.race([settle(task), this.timeout(settled.signal)]);
    // Without a reason, `abort` would create an error with a stack for every operation.
    settled.abort(null);
    this.options.onOperation(operation, attempt.outcome, this.clock.now() - startedAt);
    return attempt;
  }

  private async timeout(signal: AbortSignal): Promise<{ outcome: 'timeout' }> {
    await this.clock.sleep(this.options.timeoutMs, signal);
    // Node runs timers before it reads sockets. If the process was blocked, an answer may have arrived in time and not
    // been read yet, so the time-out waits until the sockets are read.
    if (!signal.aborted) await socketsRead();
    return { outcome: 'timeout' };
  }

  private record(operation: Operation, attempt: Attempt<unknown>): void {
    // The operation began before the breaker opened, so its result says nothing about a recovery.
    if (this.open) return;
    const access = ACCESS[operation];
    for (const kind of [access, 'any'] as const) {
      this.failures[kind] = attempt.outcome === 'ok' ? 0 : this.failures[kind] + 1;
    }
    if (Math.max(this.failures[access], this.failures.any) < MAX_FAILURES) return;
    // Opening replaces the connection, after which its last error may be forgotten.
    const reason = attempt.outcome === 'error' ? this.options.reasonOf(attempt.error) : 'timeout';
    this.openFor(this.failures[access] < MAX_FAILURES ? 'any' : access);
    this.options.onStateChange({ state: 'down', operation, reason });
  }

  private openFor(access: Access | 'any'): void {
    this.open = { access, until: this.clock.now() + OPEN_MS };
    this.options.onOpen();
  }

  private close(): void {
    this.open = undefined;
    this.failures = { read: 0, write: 0, any: 0 };
    this.options.onStateChange({ state: 'up' });
  }
}

async function settle<T>(task: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { outcome: 'ok', answer: await task() };
  } catch (error) {
    return { outcome: 'error', error };
  }
}

function answerOf<T>(attempt: Attempt<T>): T | NoAnswer {
  return attempt.outcome === 'ok' ? attempt.answer : NO_ANSWER;
}
