import type { Clock } from './clock.js';
import { rejectedBy, type Rejection } from './rejection.js';
import { SlidingWindow } from './sliding-window.js';

/** What an outcome says about the upstream. `unknown` is what has nothing to do with its health, such as throttling. */
export type Health = 'healthy' | 'sick' | 'unknown';

export interface CircuitBreakerOptions {
  /** Opens when this part of the calls fails. 0, or anything above 1, turns the breaker off. */
  readonly failureRatio: number;
  /** Never opens on fewer calls in the window. */
  readonly minRequests: number;
  /** Length of the sliding window, in milliseconds. */
  readonly windowMs: number;
  /** How long it stays open before it lets a few probes through, in milliseconds. */
  readonly openMs: number;
}

/** How many calls at once find out whether the upstream is back. */
const MAX_PROBES = 3;

/**
 * Stops calling an upstream that fails, so that callers fail fast and the upstream can recover.
 *
 * Closed, it counts. Open, it rejects. Half-open, it lets a few probes through: the first healthy one closes it, the
 * first sick one opens it again. An outcome counts only in the phase in which its call began: what was on its way when
 * the breaker opened says nothing about a recovery.
 */
export class CircuitBreaker {
  private readonly window: SlidingWindow;
  private openedAt: number | undefined;
  private probes = 0;
  private phase = 0;

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
  async run<T>(call: () => Promise<T>, healthOf: (outcome: T) => Health): Promise<T | Rejection> {
    const { state, phase } = this;
    if (state === 'open') return rejectedBy('breaker', this.remainingOpenMs());
    if (state === 'half-open' && this.probes >= MAX_PROBES) return rejectedBy('breaker', this.options.openMs);

    const probing = state === 'half-open';
    if (probing) this.probes += 1;
    try {
      const outcome = await call();
      if (phase === this.phase) this.learn(healthOf(outcome), probing);
      return outcome;
    } finally {
      if (probing && phase === this.phase) this.probes -= 1;
    }
  }

  private learn(health: Health, probing: boolean): void {
    if (health === 'unknown') return;
    if (probing) {
      if (health === 'healthy') this.close();
      else this.open();
      return;
    }
    this.window.add(health === 'sick');
    const { failureRatio, minRequests } = this.options;
    const { total, failures } = this.window.counts();
    if (failureRatio > 0 && total >= minRequests && failures / total >= failureRatio) this.open();
  }

  private open(): void {
    this.startPhase();
    this.openedAt = this.clock.now();
  }

  private close(): void {
    this.startPhase();
    this.openedAt = undefined;
  }

  private startPhase(): void {
    this.phase += 1;
    this.probes = 0;
    this.window.clear();
  }

  private remainingOpenMs(): number {
    return (this.openedAt ?? 0) + this.options.openMs - this.clock.now();
  }
}
