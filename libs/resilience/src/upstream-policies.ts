import { CircuitBreaker, type CircuitBreakerOptions, type Health } from './circuit-breaker.js';
import type { Clock } from './clock.js';
import { ConcurrencyLimit, type ConcurrencyLimitOptions } from './concurrency-limit.js';
import type { Deadline } from './deadline.js';
import { isRejection, type Rejection } from './rejection.js';
import { type Attempted, type Retried, retry, type RetryOptions } from './retry.js';
import { RetryBudget } from './retry-budget.js';

export interface UpstreamPoliciesOptions {
  /** For everything together: waiting for others, for a place, attempts, waits between them. In milliseconds. */
  readonly deadlineMs: number;
  readonly retry: RetryOptions;
  /** How many retries a request earns, on average. */
  readonly retryBudgetRatio: number;
  readonly concurrency: ConcurrencyLimitOptions;
  readonly breaker: CircuitBreakerOptions;
}

/** What came of a call under all policies. */
export interface PolicyResult<T> {
  /** The outcome that counts, or what kept the call from being made. */
  readonly outcome: T | Rejection;
  /** The outcomes of the calls that the upstream really got, in order. */
  readonly attempts: readonly T[];
}

/** What the policies are doing, and have done so far: for metrics. */
export interface PolicyFigures {
  /** Calls that have a place, also between two attempts. */
  readonly inFlight: number;
  /** Requests that wait for one. */
  readonly queued: number;
  readonly breaker: CircuitBreaker['state'];
  /** Retries that the budget paid for, and refused. */
  readonly retries: { readonly spent: number; readonly denied: number };
  /** Requests that ended in a rejection, by the policy it came from. */
  readonly rejections: Readonly<Record<Rejection['by'], number>>;
}

/** What outcomes mean. */
export interface Judge<T> {
  /**
   * What an outcome says about the upstream.
   *
   * @param cutShort the attempt had less time than attempts should have
   */
  readonly healthOf: (outcome: T, cutShort: boolean) => Health;
  /** Whether a retry with this outcome was worth its while. */
  readonly isHelp: (outcome: T) => boolean;
}

/**
 * All that stands between a request and the upstream, in this order, from the outside in:
 *
 *     deadline > concurrency limit > retry with budget > breaker > attempt and its time-out
 *
 * The cache and the singleflight stand before it: see docs/adr/0007.
 */
export class UpstreamPolicies<T extends Attempted> {
  private readonly limit: ConcurrencyLimit;
  private readonly budget: RetryBudget;
  private readonly breaker: CircuitBreaker;
  private readonly rejections: Record<Rejection['by'], number> = { breaker: 0, 'concurrency-limit': 0 };

  constructor(
    private readonly options: UpstreamPoliciesOptions,
    private readonly judge: Judge<T>,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {
    this.limit = new ConcurrencyLimit(options.concurrency, clock);
    this.budget = new RetryBudget(options.retryBudgetRatio);
    this.breaker = new CircuitBreaker(options.breaker, clock);
  }

  get figures(): PolicyFigures {
    const { limit, budget, breaker, rejections } = this;
    return { ...limit.figures, breaker: breaker.state, retries: budget.figures, rejections };
  }

  /**
   * @param attempt makes one call; gets the time that it may take, in milliseconds
   * @param deadline of {@link UpstreamPoliciesOptions.deadlineMs}, begun when the request was
   * @param isWanted whether anybody still waits for the outcome
   */
  async execute(
    attempt: (timeoutMs: number) => Promise<T>,
    deadline: Deadline,
    isWanted: () => boolean,
  ): Promise<PolicyResult<T>> {
    const { clock, random, budget, breaker, judge } = this;
    const tryOnce = (timeoutMs: number): Promise<T | Rejection> =>
      breaker.run(
        () => attempt(timeoutMs),
        (outcome) => judge.healthOf(outcome, timeoutMs < this.fairTimeoutMs()),
      );
    const retryLoop = (): Promise<Retried<T | Rejection>> =>
      retry(tryOnce, deadline, this.options.retry, {
        clock,
        random,
        budget,
        isRefunded: (outcome) => isRejection(outcome) || judge.isHelp(outcome),
        makesSense: () => isWanted() && breaker.state !== 'open',
      });

    const result = await this.limit.run(retryLoop, this.patienceMs(deadline), isWanted);
    const { outcome, attempts } = isRejection(result) ? { outcome: result, attempts: [] } : result;
    if (isRejection(outcome)) this.rejections[outcome.by] += 1;
    return { outcome, attempts: attempts.filter((attempt): attempt is T => !isRejection(attempt)) };
  }

  /** How long to wait for a place: whoever gets one should still have the time for an attempt. */
  private patienceMs(deadline: Deadline): number {
    const remaining = deadline.remainingMs();
    return Math.max(remaining - this.options.retry.attemptTimeoutMs, remaining / 2);
  }

  /** With less than this an attempt was cut short by us, and its time-out says nothing about the upstream. */
  private fairTimeoutMs(): number {
    const { retry, deadlineMs } = this.options;
    return 0.9 * Math.min(retry.attemptTimeoutMs, deadlineMs);
  }
}
