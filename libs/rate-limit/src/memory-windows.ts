import type { Clock } from '@app/resilience';

import { CallerWindow, type Quota, type RateLimitOptions } from './caller-window.js';

/** The memory of a caller without the records in its window, in records. */
const CALLER_SIZE = 5;

/** Default: about 35 MB, for 66,000 callers with one request each. A /48 network of IPv6 has 65,536 addresses that count. */
const MAX_SIZE = 400_000;

/** How many of the least recently seen callers are looked at before one of them is evicted. */
const CANDIDATES = 8;

/** How many callers without a counted request are forgotten at each request: more than can be new. */
const FORGOTTEN_PER_REQUEST = 2;

/** The windows of all callers in the memory of this process. The memory is bounded. */
export class MemoryWindows {
  /** From the least to the most recently seen caller. */
  private readonly windows = new Map<string, CallerWindow>();
  private currentSize = 0;

  /**
   * @param maxSize the most records of all callers together, where a caller counts as five more. A record takes about 80
   * bytes
   */
  constructor(
    private readonly clock: Clock,
    private readonly maxSize = MAX_SIZE,
  ) {}

  get size(): number {
    return this.currentSize;
  }

  take(caller: string, limit: RateLimitOptions): Quota {
    const now = this.clock.now();
    const known = this.windows.get(caller);
    if (known) this.remove(caller, known);
    const window = known ?? new CallerWindow();
    const quota = window.take(now, limit);
    this.forgetOld(now);
    while (this.currentSize + sizeOf(window) > this.maxSize && this.windows.size > 0) this.evict();
    this.windows.set(caller, window);
    this.currentSize += sizeOf(window);
    return quota;
  }

  private forgetOld(now: number): void {
    let forgotten = 0;
    for (const [caller, window] of this.windows) {
      if (forgotten === FORGOTTEN_PER_REQUEST || !window.isEmptyAt(now)) return;
      this.remove(caller, window);
      forgotten += 1;
    }
  }

  /**
   * Forgets one of the least recently seen callers: the one that has used the smallest part of its limit, since eviction
   * gives that part back. So many new callers do not free a caller from its limit.
   */
  private evict(): void {
    let victim: [string, CallerWindow] | undefined;
    let seen = 0;
    for (const candidate of this.windows) {
      if (!victim || candidate[1].usage < victim[1].usage) victim = candidate;
      seen += 1;
      if (seen === CANDIDATES) break;
    }
    if (victim) this.remove(...victim);
  }

  private remove(caller: string, window: CallerWindow): void {
    this.windows.delete(caller);
    this.currentSize -= sizeOf(window);
  }
}

function sizeOf(window: CallerWindow): number {
  return CALLER_SIZE + window.size;
}
