import { backoffMs, type BackoffOptions } from './backoff.js';
import type { Clock } from './clock.js';
import type { Deadline } from './deadline.js';
import type { RetryBudget } from './retry-budget.js';

/** What the loop needs to know of an attempt's outcome. */
export interface Attempted {
  /** Whether to try again; `never` for a success too. */
  readonly retry: 'never' | 'once' | 'backoff' | 'longer-backoff';
  /** Do not come back sooner than this, in milliseconds. */
  readonly retryAfterMs?: number;
}

export interface RetryOptions extends BackoffOptions {
  /** The first call counts. At least 1. */
  readonly maxAttempts: number;
  /** The most that one attempt may take, in milliseconds. */
  readonly attemptTimeoutMs: number;
}

export interface RetryDependencies<T> {
  readonly clock: Clock;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly budget: RetryBudget;
  /** Whether the budget gets back what a retry cost: it helped, or the upstream never got it. */
  readonly isRefunded: (outcome: T) => boolean;
  /** Whether another attempt makes sense: somebody waits for it, and the upstream is not known to be down. */
  readonly makesSense: () => boolean;
}

export interface Retried<T> {
  /** The one that counts: that of the last attempt. */
  readonly outcome: T;
  /** Those of all attempts, in order. */
  readonly attempts: readonly T[];
}

/** An attempt with less time than this would only end in a time-out. */
const SHORTEST_ATTEMPT_MS = 20;

/**
 * Runs `attempt` until an outcome is final, the attempts or the budget are used up, it makes no sense any more, or
 * another attempt could not finish before the deadline. It does not wait for one that it already knows it will not make:
 * the last outcome is handed back at once.
 *
 * @param attempt gets the time that it may take, in milliseconds; its failures are outcomes, so that what it throws
 * is a defect and ends the loop
 */
export async function retry<T extends Attempted>(
  attempt: (timeoutMs: number) => Promise<T>,
  deadline: Deadline,
  options: RetryOptions,
  { clock, random, budget, isRefunded, makesSense }: RetryDependencies<T>,
): Promise<Retried<T>> {
  const run = () => attempt(Math.max(1, Math.min(options.attemptTimeoutMs, deadline.remainingMs())));
  budget.deposit();
  let outcome = await run();
  const attempts = [outcome];
  let retriedOnce = false;
  while (attempts.length < options.maxAttempts) {
    if (outcome.retry === 'never' || (outcome.retry === 'once' && retriedOnce)) break;
    retriedOnce ||= outcome.retry === 'once';

    const backoff = backoffMs(attempts.length, options, outcome.retry === 'longer-backoff', random);
    const wait = (outcome.retryAfterMs ?? 0) + backoff;
    if (deadline.remainingMs() - wait < SHORTEST_ATTEMPT_MS) break;
    if (!makesSense() || !budget.withdraw()) break;
    await clock.sleep(wait);
    if (!makesSense()) {
      budget.refund();
      break;
    }

    outcome = await run();
    attempts.push(outcome);
    if (isRefunded(outcome)) budget.refund();
  }
  return { outcome, attempts };
}
