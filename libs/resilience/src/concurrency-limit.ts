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
  /** On the clock, in milliseconds. */
  readonly expiresAt: number;
  /** Ends the wait. */
  readonly decide: (isGranted: boolean) => void;
}

/** What a rejected caller is told: places become free all the time. */
const RETRY_AFTER_MS = 1000;

/** Lets no more than so many calls run at once, and no more than so many wait, in order and for a while. */
export class ConcurrencyLimit {
  private running = 0;
  private readonly waiting = new Set<Place>();
  private alarm: { readonly at: number; readonly off: AbortController } | undefined;

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
    return new Promise((decide) => {
      const expiresAt = this.clock.now() + patienceMs;
      this.waiting.add({ isWanted, expiresAt, decide });
      if (!this.alarm || expiresAt < this.alarm.at) void this.setAlarm(expiresAt);
    });
  }

  private leave(): void {
    const [next] = this.waiting;
    if (next) this.end(next, true);
    else this.running -= 1;
  }

  private turnUnwantedAway(): void {
    for (const place of this.waiting) if (!place.isWanted()) this.end(place, false);
  }

  private end(place: Place, isGranted: boolean): void {
    this.waiting.delete(place);
    place.decide(isGranted);
  }

  /** One timer for the whole queue: one for each place made requests half as expensive again, just when there are too many. */
  private async setAlarm(at: number): Promise<void> {
    this.alarm?.off.abort(null);
    const alarm = { at, off: new AbortController() };
    this.alarm = alarm;
    await this.clock.sleep(at - this.clock.now(), alarm.off.signal);
    if (this.alarm !== alarm) return;
    this.alarm = undefined;
    const now = this.clock.now();
    for (const place of this.waiting) if (place.expiresAt <= now) this.end(place, false);
    const next = Math.min(...[...this.waiting].map(({ expiresAt }) => expiresAt));
    if (next < Infinity) void this.setAlarm(next);
  }
}
