import type { Clock } from './clock.js';
import { rejectedBy, type Rejection } from './rejection.js';

export interface ConcurrencyLimitOptions {
  /** How many run at once. */
  readonly maxConcurrency: number;
  /** How many wait for a place; more are rejected at once. */
  readonly maxQueue: number;
}

/** Somebody in the queue. */
interface Place {
  readonly isWanted: () => boolean;
  granted: boolean;
  /** Ends the wait. */
  readonly decide: () => void;
}

/** What a rejected caller is told: places become free all the time. */
const RETRY_AFTER_MS = 1000;

/** Lets no more than so many calls run at once, and no more than so many wait, in order and for a while. */
export class ConcurrencyLimit {
  private running = 0;
  private readonly waiting = new Set<Place>();

  constructor(
    private readonly options: ConcurrencyLimitOptions,
    private readonly clock: Clock,
  ) {}

  /** How many have a place, and how many wait for one. */
  get figures(): { readonly inFlight: number; readonly queued: number } {
    return { inFlight: this.running, queued: this.waiting.size };
  }

  /**
   * @param patienceMs the longest that it waits for a place, in milliseconds
   * @param isWanted whether anybody still waits for it; who does not gives way in a full queue
   */
  async run<T>(task: () => Promise<T>, patienceMs: number, isWanted: () => boolean): Promise<T | Rejection> {
    if (this.running < this.options.maxConcurrency) this.running += 1;
    else if (!(await this.wait(patienceMs, isWanted))) return rejectedBy('concurrency-limit', RETRY_AFTER_MS);
    try {
      return await task();
    } finally {
      this.leave();
    }
  }

  /** Whether a place was handed over. */
  private async wait(patienceMs: number, isWanted: () => boolean): Promise<boolean> {
    if (this.waiting.size >= this.options.maxQueue) this.turnUnwantedAway();
    if (this.waiting.size >= this.options.maxQueue) return false;

    const decided = new AbortController();
    const place: Place = {
      isWanted,
      granted: false,
      decide: () => {
        // Without a reason it would make an error with a stack, which costs more than the rest of the wait.
        decided.abort(null);
      },
    };
    this.waiting.add(place);
    await this.clock.sleep(patienceMs, decided.signal);
    this.waiting.delete(place);
    // Whoever left handed its place over, even if time ran out in the same moment.
    return place.granted;
  }

  private leave(): void {
    const [next] = this.waiting;
    if (next) {
      this.waiting.delete(next);
      next.granted = true;
      next.decide();
    } else {
      this.running -= 1;
    }
  }

  private turnUnwantedAway(): void {
    for (const place of this.waiting) {
      if (place.isWanted()) continue;
      this.waiting.delete(place);
      place.decide();
    }
  }
}
