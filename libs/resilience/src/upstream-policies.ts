import { CircuitBreaker, type CircuitBreakerOptions, type Health } from './circuit-breaker.js';
import type { Clock } from './clock.js';
import { ConcurrencyLimit, type ConcurrencyLimitOptions } from './concurrency-limit.js';
import type { Deadline } from './deadline.js';
import { isRejection, type Rejection } from './rejection.js';
import { type Attempted, retry, type RetryOptions } from './retry.js';
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

  /** @param healthOf what an outcome says about the upstream */
  constructor(
    private readonly options: UpstreamPoliciesOptions,
    private readonly healthOf: (outcome: T) => Health,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {
    this.limit = new ConcurrencyLimit(options.concurrency, clock);
    this.budget = new RetryBudget(options.retryBudgetRatio);
    this.breaker = new CircuitBreaker(options.breaker, clock);
  }

  /**
   * @param attempt makes one call; gets the time that it may take, in milliseconds
   * @param deadline of {@link UpstreamPoliciesOptions.deadlineMs}, begun when the request was
   * @param abandoned comes when nobody waits for the outcome any more
   */
  async execute(
    attempt: (timeoutMs: number) => Promise<T>,
    deadline: Deadline,
    abandoned: AbortSignal,
  ): Promise<PolicyResult<T>> {
    const attempts: T[] = [];
    const call = async (timeoutMs: number): Promise<T> => {
      const outcome = await attempt(timeoutMs);
      attempts.push(outcome);
      return outcome;
    };
    const isRefunded = (outcome: T | Rejection): boolean =>
      isRejection(outcome) || this.healthOf(outcome) === 'healthy';

    const outcome = await this.limit.run(
      async () => {
        const { clock, random, budget } = this;
        const retried = await retry<T | Rejection>(
          (timeoutMs) => this.breaker.run(() => call(timeoutMs), this.healthOf),
          deadline,
          abandoned,
          this.options.retry,
          { clock, random, budget, isRefunded },
        );
        return retried.outcome;
      },
      deadline,
      abandoned,
    );
    return { outcome, attempts };
  }
}
