import type { Clock } from './clock.js';
import { rejectedBy, type Rejection } from './rejection.js';
import { SlidingWindow } from './sliding-window.js';

/**
 * How the breaker counts an outcome. `ignored` is for outcomes that say nothing about the upstream's health, such as
 * throttling.
 */
export type BreakerVote = 'success' | 'failure' | 'ignored';

export interface CircuitBreakerOptions {
  /** Opens when this share of the calls fails. 0, or anything above 1, turns the breaker off. */
  readonly failureRatio: number;
  /** Never opens with fewer calls than this in the window. */
  readonly minRequests: number;
  /** Length of the sliding window, in milliseconds. */
  readonly windowMs: number;
  /** How long the breaker stays open before it lets probes through, in milliseconds. */
  readonly openMs: number;
}

/** How many probes may run at once while the breaker is half-open. */
const MAX_PROBES = 3;

/**
 * Stops calling an upstream that fails, so that callers get their error fast and the upstream can recover.
 *
 * Closed, it counts outcomes. Open, it rejects every call. Half-open, it lets a few probes through: the first success
 * closes it, the first failure opens it again. An outcome counts only if the state has not changed since its call began:
 * a call that began before the breaker opened says nothing about a recovery.
 */
export class CircuitBreaker {
  private readonly window: SlidingWindow;
  private openedAt: number | undefined;
  private probes = 0;
  /** Counts the changes of state. */
  private generation = 0;

  constructor(
    private readonly options: CircuitBreakerOptions,
    private readonly clock: Clock,
  ) {
    this.window = new SlidingWindow(options.windowMs, clock);
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.openedAt === undefined) return 'closed';
    return this.remainingOpenMs() > 0 ? 'open' : 'half-open';
  }

  /** Makes the call, or rejects it. */
  async run<T>(call: () => Promise<T>, voteOf: (outcome: T) => BreakerVote): Promise<T | Rejection> {
    const { state, generation } = this;
    if (state === 'open') return rejectedBy('breaker', this.remainingOpenMs());
    if (state === 'half-open' && this.probes >= MAX_PROBES) return rejectedBy('breaker', this.options.openMs);

    const isProbe = state === 'half-open';
    if (isProbe) this.probes += 1;
    try {
      const outcome = await call();
      if (generation === this.generation) this.count(voteOf(outcome), isProbe);
      return outcome;
    } finally {
      if (isProbe && generation === this.generation) this.probes -= 1;
    }
  }

  private count(vote: BreakerVote, isProbe: boolean): void {
    if (vote === 'ignored') return;
    if (isProbe) {
      if (vote === 'success') this.close();
      else this.open();
      return;
    }
    this.window.add(vote === 'failure');
    const { failureRatio, minRequests } = this.options;
    const { total, failures } = this.window.counts();
    if (failureRatio > 0 && total >= minRequests && failures / total >= failureRatio) this.open();
  }

  private open(): void {
    this.changeState();
    this.openedAt = this.clock.now();
  }

  private close(): void {
    this.changeState();
    this.openedAt = undefined;
  }

  private changeState(): void {
    this.generation += 1;
    this.probes = 0;
    this.window.clear();
  }

  private remainingOpenMs(): number {
    return (this.openedAt ?? 0) + this.options.openMs - this.clock.now();
  }
}
