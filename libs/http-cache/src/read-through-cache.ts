import { Caller, Callers, type Clock, Deadline, type Rejection, Singleflight } from '@app/resilience';

import type { CacheOutcome } from './cache-status.js';
import type { Entry, Found } from './entry.js';
import type { Freshness } from './freshness.js';
import { HoldOff } from './hold-off.js';
import { NO_DIRECTIVES, type RequestDirectives } from './request-directives.js';
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
  /** The upstream was not asked because these callers got no turn. Another caller may get one. */
  readonly outOfTurn?: boolean;
}

/**
 * Asks the upstream for the value of a key.
 *
 * @param callers those that wait for the result; more may join
 */
export type Fetch<Failure, Call> = (callers: Callers) => Promise<Fetched<Failure, Call>>;

/** For which caller a key is read. */
export interface Reader {
  /** The name under which the caller waits for its turn at the upstream. */
  readonly flow: string;
  /** Registers a callback for when the caller leaves. */
  readonly onGone: (leave: () => void) => void;
}

/** How a read ended, and how the cache handled it. */
export type CachedRead<Failure, Call> = {
  readonly cache: CacheOutcome;
  /** The upstream calls behind the result, made for this read or for another one that it joined. */
  readonly calls: readonly Call[];
} & (
  | { readonly kind: 'found'; readonly entry: Found; readonly ageMs: number }
  | { readonly kind: 'gone' }
  /** There is no stored answer, and the caller accepts no other. */
  | { readonly kind: 'not-cached' }
  | { readonly kind: 'failed'; readonly failure: Failure }
);

export interface ReadThroughCacheOptions<Failure, Call> {
  /** The time of one fetch, waiting for other replicas included, in milliseconds. */
  readonly deadlineMs: number;
  /** An entry that is not older than this counts as fetched just now, whatever a caller asks for. In milliseconds. */
  readonly minRevalidateMs: number;
  /** A refresh in the background has failed. No read reports it. */
  readonly onRefreshFailed: (failure: Failure, calls: readonly Call[]) => void;
  /** A refresh in the background threw an exception, which is a defect. */
  readonly onRefreshCrashed: (error: unknown) => void;
}

/** One read of a key. */
interface Read<Failure, Call> {
  readonly key: string;
  readonly fetch: Fetch<Failure, Call>;
  readonly reader: Reader;
  /** The caller does not accept an entry that was stored earlier. In Unix milliseconds; -Infinity accepts any. */
  readonly notBefore: number;
  readonly onlyIfCached: boolean;
  readonly takesLong: boolean;
}

/** What a read gets from the fetch that it has joined. */
interface Joined<Failure, Call> {
  readonly fetched: Fetched<Failure, Call>;
  /** Whether another read had begun the fetch. */
  readonly collapsed: boolean;
}

/** A fetch, and the callers that share it. */
interface Flight<Failure, Call> {
  readonly callers: Callers;
  readonly result: Promise<Fetched<Failure, Call>>;
}

/** After a failed refresh a key is not refreshed for this long, in milliseconds; longer if the upstream asks for it. */
const REFRESH_HOLD_OFF_MS = 1000;

/**
 * Reads values by their keys, from the store where possible, with one fetch at a time for each key:
 *
 * - fresh: from the store;
 * - stale, but within stale-while-revalidate: from the store, and refreshed in the background unless a refresh has just
 *   failed (RFC 5861, section 3);
 * - else, and if the stored entry is older than the caller accepts: fetched. If the fetch fails, a stored entry that is not
 *   too stale is served (RFC 5861, section 4).
 */
export class ReadThroughCache<Failure, Call> {
  private readonly flights = new Singleflight<Flight<Failure, Call>>();
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
   * @param readerOf tells for which caller; not called for a fresh entry in memory
   * @param takesLong the fetch takes many calls of the upstream, one after another
   */
  read(
    key: string,
    fetch: Fetch<Failure, Call>,
    readerOf: () => Reader,
    { maxAgeMs, onlyIfCached }: RequestDirectives = NO_DIRECTIVES,
    takesLong = false,
  ): CachedRead<Failure | Rejection, Call> | Promise<CachedRead<Failure | Rejection, Call>> {
    const now = this.clock.wallTime();
    const notBefore = now - Math.max(maxAgeMs, this.options.minRevalidateMs);
    const fresh = this.store.getFresh(key, notBefore);
    return fresh
      ? this.fromStore(fresh, now)
      : this.readStaleOrFetch({ key, fetch, reader: readerOf(), notBefore, onlyIfCached, takesLong });
  }

  private readStaleOrFetch(
    read: Read<Failure, Call>,
  ): CachedRead<Failure | Rejection, Call> | Promise<CachedRead<Failure | Rejection, Call>> {
    const known = this.store.get(read.key, read.notBefore);
    return known instanceof Promise
      ? known.then((entry) => this.serve(entry, read))
      : this.serve(known, read);
  }

  /** @param known the newest known entry */
  private serve(
    known: Entry | undefined,
    read: Read<Failure, Call>,
  ): CachedRead<Failure | Rejection, Call> | Promise<CachedRead<Failure | Rejection, Call>> {
    const { freshness } = this;
    const { notBefore, onlyIfCached } = read;
    const now = this.clock.wallTime();
    const isAccepted = known !== undefined && known.storedAt >= notBefore;
    if (onlyIfCached)
      return isAccepted && freshness.mayServeOnError(known, now) ? this.fromStore(known, now) : NOT_CACHED;
    // A fresh entry of the shared store.
    if (isAccepted && freshness.isFresh(known, now)) return this.fromStore(known, now);
    const isHeldOff = this.isHeldOff(read);
    if (isAccepted && freshness.mayServeWhileRevalidating(known, now)) {
      if (!isHeldOff) this.refresh({ ...read, notBefore: -Infinity });
      return this.fromStore(known, now, isHeldOff);
    }
    if (known && isHeldOff && freshness.mayServeOnError(known, now))
      return this.fromStore(known, now, isHeldOff);
    return this.fromUpstream(read, known);
  }

  private fromStore(entry: Entry, now: number, heldOff = false): CachedRead<Failure, Call> {
    const cache: CacheOutcome = { kind: 'hit', ttlMs: this.freshness.ttl(entry, now), heldOff };
    return this.stored(entry, now, cache, []);
  }

  private async fromUpstream(
    read: Read<Failure, Call>,
    known: Entry | undefined,
  ): Promise<CachedRead<Failure | Rejection, Call>> {
    const { freshness } = this;
    const { notBefore } = read;
    let joined = await this.joinFlight(read);
    // That fetch may have begun before the time that the caller accepts.
    if (joined.collapsed && isOlder(joined.fetched.result, notBefore)) joined = await this.joinFlight(read);
    const { result, calls } = joined.fetched;
    const now = this.clock.wallTime();
    // Another replica has fetched it.
    if (result.kind !== 'failed' && calls.length === 0) return this.fromStore(result, now);

    const reason = reasonToFetch(known, freshness, now);
    const cache: CacheOutcome = { kind: 'forwarded', reason, collapsed: joined.collapsed };
    if (result.kind !== 'failed') return this.stored(result, now, cache, calls);
    if (known && freshness.mayServeOnError(known, now)) {
      // A caller that does not accept the stored entry must not make the upstream fail again and again.
      const { minRevalidateMs } = this.options;
      if (known.storedAt < notBefore) this.startHoldOff(read, result, minRevalidateMs);
      const servedTtlMs = freshness.ttl(known, now);
      return this.stored(known, now, { ...cache, servedTtlMs }, calls);
    }
    return { kind: 'failed', cache, failure: result.failure, calls };
  }

  /** Joins the fetch of the key. Resolves with its result, or earlier if the caller's own flow has no place for it. */
  private joinFlight(read: Read<Failure, Call>): Promise<Joined<Failure | Rejection, Call>> {
    return new Promise((resolve, reject) => {
      const { flight, collapsed, caller } = this.join(read, (rejection) => {
        resolve({ fetched: outOfTurn(rejection), collapsed });
      });
      read.reader.onGone(() => {
        flight.callers.leave(caller);
      });
      flight.result.then((fetched) => {
        resolve({ fetched, collapsed });
      }, reject);
    });
  }

  private join(read: Read<Failure, Call>, onRejected?: (rejection: Rejection) => void) {
    const deadline = Deadline.after(this.options.deadlineMs, this.clock);
    const caller = new Caller(read.reader.flow, deadline, onRejected);
    const { flight, collapsed } = this.flights.join(read.key, () => {
      const callers = new Callers(caller);
      return { callers, result: this.fetch(read, callers) };
    });
    if (collapsed) flight.callers.join(caller);
    return { flight, collapsed, caller };
  }

  /** No caller waits for a refresh, and none can leave it: it runs to its end. It takes a turn of the reader's flow. */
  private refresh(read: Read<Failure, Call>): void {
    const { onRefreshFailed, onRefreshCrashed } = this.options;
    const { flight, collapsed } = this.join(read);
    if (collapsed) return;
    void flight.result.then(({ result, calls }) => {
      if (result.kind !== 'failed') return;
      this.startHoldOff(read, result, REFRESH_HOLD_OFF_MS);
      onRefreshFailed(result.failure, calls);
    }, onRefreshCrashed);
  }

  private isHeldOff({ key, reader }: Read<Failure, Call>): boolean {
    return this.holdOff.isOn(key) || this.holdOff.isOn(ownKey(key, reader));
  }

  /** For the reader's flow alone if its callers got no turn: others must not read old entries because of that. */
  private startHoldOff(read: Read<Failure, Call>, { outOfTurn }: FetchFailure<unknown>, ms: number): void {
    if (this.isHeldOff(read)) return;
    this.holdOff.start(outOfTurn === true ? ownKey(read.key, read.reader) : read.key, ms);
  }

  private async fetch(
    { key, fetch, notBefore, takesLong }: Read<Failure, Call>,
    callers: Callers,
  ): Promise<Fetched<Failure, Call>> {
    const { store, holdOff } = this;
    const { deadline } = callers.first;
    const claimed = store.claim(key, notBefore, deadline, () => callers.isWanted, takesLong);
    const claim = claimed instanceof Promise ? await claimed : claimed;
    if (claim.kind === 'fetched') return { result: claim.entry, calls: [] };

    let stored: Promise<void> | undefined;
    try {
      const fetched = await fetch(callers);
      const { result } = fetched;
      if (result.kind === 'failed') {
        // Another replica may have fetched the key meanwhile.
        const theirs = await store.getFreshest(key, notBefore);
        if (theirs) return { result: theirs, calls: [] };
        if (result.holdOffMs !== undefined) holdOff.start(key, result.holdOffMs);
        return fetched;
      }
      holdOff.end(key);
      stored = store.put(key, result);
      return fetched;
    } finally {
      // Not awaited: callers get the result now. Other replicas see the lock until the shared store has the entry.
      if (claim.release) void (stored ?? Promise.resolve()).then(claim.release);
    }
  }

  private stored(
    entry: Entry,
    now: number,
    cache: CacheOutcome,
    calls: readonly Call[],
  ): CachedRead<Failure, Call> {
    return entry.kind === 'found'
      ? { kind: 'found', entry, ageMs: this.freshness.age(entry, now), cache, calls }
      : { kind: 'gone', cache, calls };
  }
}

const NOT_CACHED = {
  kind: 'not-cached',
  cache: { kind: 'not-cached' },
  calls: [],
} as const;

/** What a caller gets whose own flow has no place for it, while the fetch goes on for other callers. */
function outOfTurn(failure: Rejection): Fetched<Rejection, never> {
  return { result: { kind: 'failed', failure, outOfTurn: true }, calls: [] };
}

function isOlder(result: Entry | FetchFailure<unknown>, time: number): boolean {
  return result.kind !== 'failed' && result.storedAt < time;
}

/** The key of a hold-off for one flow. */
function ownKey(key: string, { flow }: Reader): string {
  return `${flow} ${key}`;
}

function reasonToFetch(
  known: Entry | undefined,
  freshness: Freshness,
  now: number,
): 'miss' | 'stale' | 'request' {
  if (!known) return 'miss';
  if (freshness.isFresh(known, now)) return 'request';
  return known.kind === 'found' ? 'stale' : 'miss';
}
