import { backoffMs, type BackoffOptions } from './backoff.js';
import type { Clock } from './clock.js';
import type { Deadline } from './deadline.js';

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

export interface RetryDependencies {
  readonly clock: Clock;
  readonly random: () => number;
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
 * Runs `attempt` until an outcome is final, the attempts are used up, or another one could not finish before the
 * deadline. It never waits for an attempt that it will not make: the last outcome is handed back at once.
 *
 * @param attempt gets the time that it may take, in milliseconds; its failures are outcomes, so that what it throws
 * is a defect and ends the loop
 */
export async function retry<T extends Attempted>(
  attempt: (timeoutMs: number) => Promise<T>,
  deadline: Deadline,
  options: RetryOptions,
  { clock, random }: RetryDependencies,
): Promise<Retried<T>> {
  const run = () => attempt(Math.max(1, Math.min(options.attemptTimeoutMs, deadline.remainingMs())));
  let outcome = await run();
  const attempts = [outcome];
  let retriedOnce = false;
  while (attempts.length < options.maxAttempts) {
    if (outcome.retry === 'never' || (outcome.retry === 'once' && retriedOnce)) break;
    retriedOnce ||= outcome.retry === 'once';

    const backoff = backoffMs(attempts.length, options, outcome.retry === 'longer-backoff', random);
    const wait = (outcome.retryAfterMs ?? 0) + backoff;
    if (deadline.remainingMs() - wait < SHORTEST_ATTEMPT_MS) break;
    await clock.sleep(wait);

    outcome = await run();
    attempts.push(outcome);
  }
  return { outcome, attempts };
}
