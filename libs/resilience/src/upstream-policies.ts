import type { Caller, Callers } from './callers.js';
import { type BreakerVote, CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.js';
import type { Clock } from './clock.js';
import { ConcurrencyLimit, type ConcurrencyLimitOptions } from './concurrency-limit.js';
import type { Deadline } from './deadline.js';
import { isRejection, type Rejection } from './rejection.js';
import { type Attempted, type Retried, retry, type RetryOptions } from './retry.js';
import { RetryBudget } from './retry-budget.js';

export interface UpstreamPoliciesOptions {
  /**
   * The limit for everything together: the wait for a slot, the attempts, and the waits between attempts. In
   * milliseconds.
   */
  readonly deadlineMs: number;
  readonly retry: RetryOptions;
  /** How many retries each request adds to the budget. */
  readonly retryBudgetRatio: number;
  readonly concurrency: ConcurrencyLimitOptions;
  readonly breaker: CircuitBreakerOptions;
}

/** How the policies read an outcome. */
export interface OutcomeClassifier<T> {
  /**
   * What an outcome says about the upstream's health.
   *
   * @param cutShort the deadline left the attempt less time than an attempt normally has
   */
  readonly voteOf: (outcome: T, cutShort: boolean) => BreakerVote;
  /** Whether a retry with this outcome has helped, so that the budget gets its cost back. */
  readonly refundsRetry: (outcome: T) => boolean;
}

/** A call that the policies may make. */
export interface UpstreamCall<T> {
  /** The callers that share the call. The deadline of the one that has waited longest bounds it. */
  readonly callers: Callers;
  /** Makes one attempt within this time, in milliseconds. */
  readonly attempt: (timeoutMs: number) => Promise<T>;
  readonly classifier: OutcomeClassifier<T>;
}

export interface PolicyResult<T> {
  /** The outcome of the last attempt, or the policy that rejected the call. */
  readonly outcome: T | Rejection;
  /** The outcomes of the attempts that the upstream received, in order. */
  readonly attempts: readonly T[];
}

/** The figures of the policies, for metrics. */
export interface PolicyFigures {
  /** Calls that hold a slot, also between two attempts. */
  readonly inFlight: number;
  /** Calls that wait for a slot. */
  readonly queued: number;
  readonly breaker: CircuitBreaker['state'];
  /** Retries that the budget has allowed, and refused. */
  readonly retries: { readonly spent: number; readonly denied: number };
  /** Calls that ended in a rejection, by the policy that rejected them. */
  readonly rejections: Readonly<Record<Rejection['by'], number>>;
}

/**
 * The policies for one upstream host, shared by all actions. From the outside in:
 *
 *     deadline > concurrency limit > retry with budget > breaker > attempt and its time-out
 *
 * The cache and the singleflight come before the policies (docs/adr/0007).
 */
export class UpstreamPolicies {
  private readonly limit: ConcurrencyLimit;
  private readonly budget: RetryBudget;
  private readonly breaker: CircuitBreaker;
  private readonly rejections: Record<Rejection['by'], number> = { breaker: 0, 'concurrency-limit': 0 };

  constructor(
    private readonly options: UpstreamPoliciesOptions,
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

  async execute<T extends Attempted>(call: UpstreamCall<T>): Promise<PolicyResult<T>> {
    const { clock, random, budget, breaker } = this;
    const { attempt, classifier, callers } = call;
    const tryOnce = (timeoutMs: number): Promise<T | Rejection> =>
      breaker.run(
        () => attempt(timeoutMs),
        (outcome) => classifier.voteOf(outcome, timeoutMs < this.fullTimeoutMs()),
      );
    const retryLoop = (): Promise<Retried<T | Rejection>> =>
      retry(tryOnce, callers.first.deadline, this.options.retry, {
        clock,
        random,
        budget,
        refundsRetry: (outcome) => isRejection(outcome) || classifier.refundsRetry(outcome),
        shouldContinue: () => callers.isWanted && breaker.state !== 'open',
      });

    const maxWaitMs = ({ deadline }: Caller): number => this.maxWaitMs(deadline);
    const result = await this.limit.run(retryLoop, { callers, maxWaitMs });
    const { outcome, attempts } = isRejection(result) ? { outcome: result, attempts: [] } : result;
    if (isRejection(outcome)) this.rejections[outcome.by] += 1;
    return { outcome, attempts: attempts.filter((each): each is T => !isRejection(each)) };
  }

  /** The longest wait for a slot: after it there must be time for an attempt. */
  private maxWaitMs(deadline: Deadline): number {
    const remaining = deadline.remainingMs();
    return Math.max(remaining - this.options.retry.attemptTimeoutMs, remaining / 2);
  }

  /** An attempt with less time than this was cut short by the deadline; its time-out does not count against the upstream. */
  private fullTimeoutMs(): number {
    const { retry, deadlineMs } = this.options;
    return 0.9 * Math.min(retry.attemptTimeoutMs, deadlineMs);
  }
}
