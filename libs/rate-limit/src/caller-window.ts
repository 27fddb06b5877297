/** How many requests a caller may make in a window of time. */
export interface RateLimitOptions {
  /** How many requests are accepted in any `windowS` seconds; at least one. */
  readonly requests: number;
  /** The length of the window in seconds. The window slides: it always ends now. */
  readonly windowS: number;
}

/** What is left of a caller's limit after a request. */
export interface Quota {
  /** Whether the request is beyond the limit. Such a request does not count. */
  readonly exceeded: boolean;
  /** How many more requests would be accepted now. */
  readonly remaining: number;
  /** Milliseconds until the caller may make more requests than now. */
  readonly resetMs: number;
}

/** Up to this many requests, the window of a caller has a record for each. */
const MAX_EXACT = 100;

/**
 * How close requests must be to share a record, in milliseconds; 0 if none do. For a limit of many requests it is one
 * percent of the window, so that the memory of a caller is bounded.
 */
export function recordMs({ requests, windowS }: RateLimitOptions): number {
  return requests > MAX_EXACT ? (windowS * 1000) / MAX_EXACT : 0;
}

/** Requests that leave the window together, with the latest of them. Times are milliseconds of one clock. */
interface Arrivals {
  readonly first: number;
  latest: number;
  count: number;
}

/**
 * The accepted requests of one caller in a sliding window. In any window, no more are accepted than the limit allows.
 *
 * Up to a limit of 100 requests, each counts exactly for the length of the window. For a higher limit, it counts up to 1%
 * longer. So a caller within its limit, or 1% below a high one, is never rejected.
 */
export class CallerWindow {
  /** From the oldest to the newest. */
  private readonly records: Arrivals[] = [];
  private counted = 0;
  private emptyAt = 0;
  private limit = 1;

  /** How many records the window holds, about a hundred at most. */
  get size(): number {
    return this.records.length;
  }

  /** Which part of the limit is used up: 1 if the next request would be rejected. */
  get usage(): number {
    return this.counted / this.limit;
  }

  /** Counts a request if the limit allows one more. */
  take(now: number, limit: RateLimitOptions): Quota {
    const { requests } = limit;
    const windowMs = limit.windowS * 1000;
    this.removeOld(now, windowMs);
    this.limit = requests;
    const exceeded = this.counted >= requests;
    if (!exceeded) this.add(now, windowMs, recordMs(limit));
    return {
      exceeded,
      remaining: Math.max(0, requests - this.counted),
      resetMs: windowMs - (now - this.nextToLeave()),
    };
  }

  /** Whether no request counts any more. */
  isEmptyAt(now: number): boolean {
    return this.emptyAt <= now;
  }

  private add(now: number, windowMs: number, togetherMs: number): void {
    const newest = this.records.at(-1);
    if (newest && now - newest.first < togetherMs) {
      newest.latest = now;
      newest.count += 1;
    } else {
      this.records.push({ first: now, latest: now, count: 1 });
    }
    this.counted += 1;
    this.emptyAt = now + windowMs;
  }

  private removeOld(now: number, windowMs: number): void {
    let old = 0;
    for (const { latest, count } of this.records) {
      if (now - latest < windowMs) break;
      this.counted -= count;
      old += 1;
    }
    if (old > 0) this.records.splice(0, old);
  }

  /**
   * The time of the request that must leave before the caller may make more requests than now. It is in the oldest record,
   * unless the limit of the caller was lowered.
   */
  private nextToLeave(): number {
    let excess = this.counted - this.limit;
    let next = 0;
    for (const { latest, count } of this.records) {
      next = latest;
      excess -= count;
      if (excess < 0) break;
    }
    return next;
  }
}
