import type { Clock } from './clock.js';
import type { Deadline } from './deadline.js';
import { rejectedBy, type Rejection } from './rejection.js';

export interface ConcurrencyLimitOptions {
  /** How many run at once. */
  readonly maxConcurrency: number;
  /** How many wait for a place; more are rejected at once. */
  readonly maxQueue: number;
}

/** What a rejected caller is told: places become free all the time. */
const RETRY_AFTER_MS = 1000;

/** Lets no more than so many calls run at once, and no more than so many wait, in order, until their deadline. */
export class ConcurrencyLimit {
  private running = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly options: ConcurrencyLimitOptions,
    private readonly clock: Clock,
  ) {}

  /** @param signal gives up the place in the queue */
  async run<T>(task: () => Promise<T>, deadline: Deadline, signal: AbortSignal): Promise<T | Rejection> {
    if (!(await this.enter(deadline, signal))) return rejectedBy('concurrency-limit', RETRY_AFTER_MS);
    try {
      return await task();
    } finally {
      this.leave();
    }
  }

  private async enter(deadline: Deadline, signal: AbortSignal): Promise<boolean> {
    if (this.running < this.options.maxConcurrency) {
      this.running += 1;
      return true;
    }
    if (this.waiting.size >= this.options.maxQueue) return false;

    const place = new AbortController();
    const called = (): void => {
      place.abort();
    };
    this.waiting.add(called);
    await this.clock.sleep(deadline.remainingMs(), AbortSignal.any([place.signal, signal]));
    this.waiting.delete(called);
    // Whoever left handed its place over, even if time ran out in the same moment.
    return place.signal.aborted;
  }

  private leave(): void {
    const [next] = this.waiting;
    if (next) {
      this.waiting.delete(next);
      next();
    } else {
      this.running -= 1;
    }
  }
}
