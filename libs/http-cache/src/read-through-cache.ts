import { type Clock, Deadline, Singleflight } from '@app/resilience';

import type { CacheOutcome } from './cache-status.js';
import type { Entry, Found } from './entry.js';
import type { Freshness } from './freshness.js';
import { HoldOff } from './hold-off.js';
import type { TieredStore } from './tiered-store.js';

/** The result of asking the upstream: an entry, or the reason why there is none. */
export interface Fetched<Failure, Call> {
  readonly result: Entry | FetchFailure<Failure>;
  /** The upstream calls that were made, in order. */
  readonly calls: readonly Call[];
}

export interface FetchFailure<Failure> {
  readonly kind: 'failed';
  readonly failure: Failure;
  /** The upstream asks for no further call before this many milliseconds have passed. */
  readonly holdOffMs?: number | undefined;
}

/**
 * Asks the upstream for the value of a key.
 *
 * @param isWanted whether a caller still waits for the result
 */
export type Fetch<Failure, Call> = (
  deadline: Deadline,
  isWanted: () => boolean,
) => Promise<Fetched<Failure, Call>>;

/** How a read ended, and how the cache handled it. */
export type CachedRead<Failure, Call> = {
  readonly cache: CacheOutcome;
  /** The upstream calls behind the result, made for this read or for another one that it joined. */
  readonly calls: readonly Call[];
  /** Those that were made for this read. */
  readonly ownCalls: readonly Call[];
} & (
  | { readonly kind: 'found'; readonly entry: Found; readonly ageMs: number }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly failure: Failure }
);

export interface ReadThroughCacheOptions<Failure, Call> {
  /** The time of one fetch, waiting for other replicas included, in milliseconds. */
  readonly deadlineMs: number;
  /** A refresh in the background has failed. No read reports it. */
  readonly onRefreshFailed: (failure: Failure, calls: readonly Call[]) => void;
  /** A refresh in the background threw an exception, which is a defect. */
  readonly onRefreshCrashed: (error: unknown) => void;
}

/** After a failed refresh a key is not refreshed for this long, in milliseconds; longer if the upstream asks for it. */
const REFRESH_HOLD_OFF_MS = 1000;

/**
 * Reads values by their keys, from the store where possible, with one fetch at a time for each key:
 *
 * - fresh: from the store;
 * - stale, but within stale-while-revalidate: from the store, and refreshed in the background unless a refresh has just
 *   failed (RFC 5861, section 3);
 * - else: fetched. If the fetch fails, a stale entry within stale-if-error is served (RFC 5861, section 4).
 */
export class ReadThroughCache<Failure, Call> {
  private readonly flights = new Singleflight<Fetched<Failure, Call>>();
  private readonly holdOff: HoldOff;

  constructor(
    private readonly store: TieredStore,
    private readonly freshness: Freshness,
    private readonly options: ReadThroughCacheOptions<Failure, Call>,
    private readonly clock: Clock,
  ) {
    this.holdOff = new HoldOff(clock);
  }

  /**
   * Returns a fresh entry at once, and a promise otherwise.
   *
   * @param onCallerGone registers a callback for when the caller leaves; called only if the caller has to wait
   */
  read(
    key: string,
    fetch: Fetch<Failure, Call>,
    onCallerGone: (leave: () => void) => void,
  ): CachedRead<Failure, Call> | Promise<CachedRead<Failure, Call>> {
    const fresh = this.store.getFresh(key);
    return fresh
      ? this.fromStore(fresh, this.clock.wallTime())
      : this.readStaleOrFetch(key, fetch, onCallerGone);
  }

  private async readStaleOrFetch(
    key: string,
    fetch: Fetch<Failure, Call>,
    onCallerGone: (leave: () => void) => void,
  ): Promise<CachedRead<Failure, Call>> {
    const { freshness } = this;
    const known = await this.store.get(key);
    const now = this.clock.wallTime();
    // A fresh entry of the shared store.
    if (known && freshness.isFresh(known, now)) return this.fromStore(known, now);
    const isHeldOff = this.holdOff.isOn(key);
    if (known && freshness.mayServeWhileRevalidating(known, now)) {
      if (!isHeldOff) this.refresh(key, fetch);
      return this.fromStore(known, now, isHeldOff);
    }
    if (known && isHeldOff && freshness.mayServeOnError(known, now))
      return this.fromStore(known, now, isHeldOff);
    return this.fromUpstream(key, known, fetch, onCallerGone);
  }

  private fromStore(entry: Entry, now: number, heldOff = false): CachedRead<Failure, Call> {
    const { freshness } = this;
    const cache: CacheOutcome = { kind: 'hit', ttlMs: freshness.ttl(entry, now), heldOff };
    return entry.kind === 'found'
      ? { kind: 'found', cache, entry, ageMs: freshness.age(entry, now), calls: [], ownCalls: [] }
      : { kind: 'gone', cache, calls: [], ownCalls: [] };
  }

  private async fromUpstream(
    key: string,
    known: Entry | undefined,
    fetch: Fetch<Failure, Call>,
    onCallerGone: (leave: () => void) => void,
  ): Promise<CachedRead<Failure, Call>> {
    const { freshness } = this;
    const flight = this.flights.join(key, (isWanted) => this.fetch(key, fetch, isWanted), onCallerGone);
    const { collapsed } = flight;
    const { result, calls } = await flight.result;
    const now = this.clock.wallTime();

    // Another replica has fetched it.
    if (result.kind !== 'failed' && calls.length === 0) return this.fromStore(result, now);

    const ownCalls = collapsed ? [] : calls;
    const stale = known?.kind === 'found' ? known : undefined;
    const cache: CacheOutcome = { kind: 'forwarded', reason: stale ? 'stale' : 'miss', collapsed };
    if (result.kind === 'found') return { kind: 'found', cache, entry: result, ageMs: 0, calls, ownCalls };
    if (result.kind === 'gone') return { kind: 'gone', cache, calls, ownCalls };
    if (stale && freshness.mayServeOnError(stale, now)) {
      const staleTtlMs = freshness.ttl(stale, now);
      const ageMs = freshness.age(stale, now);
      return { kind: 'found', cache: { ...cache, staleTtlMs }, entry: stale, ageMs, calls, ownCalls };
    }
    return { kind: 'failed', cache, failure: result.failure, calls, ownCalls };
  }

  /** No caller waits for a refresh, and none can leave it: it runs to its end. */
  private refresh(key: string, fetch: Fetch<Failure, Call>): void {
    const { onRefreshFailed, onRefreshCrashed } = this.options;
    const flight = this.flights.join(key, (isWanted) => this.fetch(key, fetch, isWanted));
    if (flight.collapsed) return;
    void flight.result.then(({ result, calls }) => {
      if (result.kind !== 'failed') return;
      if (!this.holdOff.isOn(key)) this.holdOff.start(key, REFRESH_HOLD_OFF_MS);
      onRefreshFailed(result.failure, calls);
    }, onRefreshCrashed);
  }

  private async fetch(
    key: string,
    fetch: Fetch<Failure, Call>,
    isWanted: () => boolean,
  ): Promise<Fetched<Failure, Call>> {
    const { store, holdOff } = this;
    const deadline = Deadline.after(this.options.deadlineMs, this.clock);
    const claim = await store.claim(key, deadline, isWanted);
    if (claim.kind === 'fetched') return { result: claim.entry, calls: [] };

    let stored = Promise.resolve();
    try {
      const fetched = await fetch(deadline, isWanted);
      const { result } = fetched;
      if (result.kind === 'failed') {
        if (result.holdOffMs !== undefined) holdOff.start(key, result.holdOffMs);
        return fetched;
      }
      holdOff.end(key);
      stored = store.put(key, result);
      return fetched;
    } finally {
      // Not awaited: callers get the result now. Other replicas see the lock until the shared store has the entry.
      void stored.then(claim.release);
    }
  }
}
