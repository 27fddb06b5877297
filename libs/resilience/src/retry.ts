import { backoffMs, type BackoffOptions } from './backoff.js';
import type { Clock } from './clock.js';
import type { Deadline } from './deadline.js';
import type { RetryBudget } from './retry-budget.js';

/** What the retry loop needs to know about an outcome. */
export interface Attempted {
  /** Whether to try again. `never` also for a success. */
  readonly retry: 'never' | 'once' | 'backoff' | 'longer-backoff';
  /** The shortest wait before the next attempt, in milliseconds. */
  readonly retryAfterMs?: number;
}

export interface RetryOptions extends BackoffOptions {
  /** The most attempts, at least 1. The first attempt counts too. */
  readonly maxAttempts: number;
  /** The longest time of one attempt, in milliseconds. */
  readonly attemptTimeoutMs: number;
}

export interface RetryDependencies<T> {
  readonly clock: Clock;
  /** Returns a random number from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly budget: RetryBudget;
  /** Whether the budget gets the retry's cost back: the retry helped, or the upstream never received it. */
  readonly refundsRetry: (outcome: T) => boolean;
  /** Whether another attempt is useful: a caller waits for it, and the breaker is not open. */
  readonly shouldContinue: () => boolean;
}

export interface Retried<T> {
  /** The outcome of the last attempt. */
  readonly outcome: T;
  /** The outcomes of all attempts, in order. */
  readonly attempts: readonly T[];
}

/** An attempt with less time than this would only time out. In milliseconds. */
const MIN_ATTEMPT_MS = 20;

/**
 * Repeats `attempt` until its outcome is final, or until the number of attempts, the budget, `shouldContinue` or the
 * deadline allows no further attempt. It waits only if the next attempt is possible.
 *
 * @param attempt gets its time limit in milliseconds. Failures are outcomes; an exception is a defect and ends the loop
 */
export async function retry<T extends Attempted>(
  attempt: (timeoutMs: number) => Promise<T>,
  deadline: Deadline,
  options: RetryOptions,
  { clock, random, budget, refundsRetry, shouldContinue }: RetryDependencies<T>,
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
    if (deadline.remainingMs() - wait < MIN_ATTEMPT_MS) break;
    if (!shouldContinue() || !budget.withdraw()) break;
    await clock.sleep(wait);
    if (!shouldContinue()) {
      budget.refund();
      break;
    }

    outcome = await run();
    attempts.push(outcome);
    if (refundsRetry(outcome)) budget.refund();
  }
  return { outcome, attempts };
}
