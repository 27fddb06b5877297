import { type Clock, type Linked, LinkedList } from '@app/resilience';

import { CallerWindow, type Quota, type RateLimitOptions } from './caller-window.js';

/** The memory of a caller without the records in its window, in records. */
const CALLER_SIZE = 6;

/** Default: about 38 MB, for 66,000 callers with one request each. A /48 network of IPv6 has 65,536 addresses that count. */
const MAX_SIZE = 460_000;

/** How many of the least recently seen callers are looked at before one of them is evicted. */
const CANDIDATES = 8;

/** How many callers without a counted request are forgotten at each request: more than can be new. */
const FORGOTTEN_PER_REQUEST = 2;

/** A caller and its window. */
class Seen implements Linked<Seen> {
  previous: Seen | undefined;
  next: Seen | undefined;
  readonly window = new CallerWindow();

  constructor(readonly caller: string) {}

  get size(): number {
    return CALLER_SIZE + this.window.size;
  }
}

/** The windows of all callers in the memory of this process. The memory is bounded. */
export class MemoryWindows {
  private readonly byCaller = new Map<string, Seen>();
  /**
   * From the least to the most recently seen caller. The order of a map would do too, but after a deletion for each request the
   * first member of a large map is found slowly.
   */
  private readonly bySight = new LinkedList<Seen>();
  private currentSize = 0;

  /**
   * @param maxSize the most records of all callers together, where a caller counts as six more. A record takes about 80
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
    const known = this.byCaller.get(caller);
    const seen = known ?? new Seen(caller);
    if (known) this.unlink(known);
    else this.byCaller.set(caller, seen);
    const quota = seen.window.take(now, limit);
    this.forgetOld(now);
    while (this.currentSize + seen.size > this.maxSize && this.bySight.first) this.evict(this.bySight.first);
    this.bySight.push(seen);
    this.currentSize += seen.size;
    return quota;
  }

  private forgetOld(now: number): void {
    for (let forgotten = 0; forgotten < FORGOTTEN_PER_REQUEST; forgotten += 1) {
      const { first } = this.bySight;
      if (!first?.window.isEmptyAt(now)) return;
      this.forget(first);
    }
  }

  /**
   * Forgets one of the least recently seen callers: the one that has used the smallest part of its limit, since eviction
   * gives that part back. So many new callers do not free a caller from its limit.
   */
  private evict(leastRecent: Seen): void {
    let victim = leastRecent;
    let candidate = leastRecent.next;
    for (let looked = 1; candidate && looked < CANDIDATES; looked += 1) {
      if (candidate.window.usage < victim.window.usage) victim = candidate;
      candidate = candidate.next;
    }
    this.forget(victim);
  }

  private forget(seen: Seen): void {
    this.byCaller.delete(seen.caller);
    this.unlink(seen);
  }

  private unlink(seen: Seen): void {
    this.bySight.remove(seen);
    this.currentSize -= seen.size;
  }
}
