import { type Clock, type Deadline, Singleflight } from '@app/resilience';

import type { CacheBounds, CacheFigures, KeyKinds } from './bounded-cache.js';
import { type Entry, isFromTheFuture } from './entry.js';
import type { Freshness } from './freshness.js';
import { MemoryStore } from './memory-store.js';
import type { Lock, SharedStore } from './shared-store.js';

/** How often a replica looks for the entry that another replica is fetching, in milliseconds. */
const POLL_MS = 25;

/**
 * When a lock expires that is not renewed, in milliseconds: the replica that had it has died. A replica waits no longer for
 * another one that makes a single call: long enough for a healthy upstream, short enough for its callers.
 */
const LOCK_MS = 1000;
/** How often a replica renews its lock while it fetches, in milliseconds. Reading a long list takes seconds. */
const RENEWAL_MS = 300;

/** The part of the deadline for which a replica waits at most for another one, if the fetch takes many calls. */
const LONG_WAIT = 0.8;

/** Permission to fetch a key, or the fresh entry that another replica has fetched meanwhile. */
export type Claim =
  /** `release` is absent if no other replica could wait. */
  | { readonly kind: 'granted'; readonly release?: () => Promise<void> }
  | { readonly kind: 'fetched'; readonly entry: Entry };

const WITHOUT_LOCK: Claim = { kind: 'granted' };

/** Entries in the memory of this process, in front of a store that all replicas share, if there is one. */
export class TieredStore {
  private readonly memory: MemoryStore;
  private readonly sharedReads = new Singleflight<{ result: Promise<Entry | undefined> }>();

  /** @param bounds of what the memory holds */
  constructor(
    bounds: CacheBounds,
    kinds: KeyKinds,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
    private readonly shared?: SharedStore,
  ) {
    this.memory = new MemoryStore(bounds, kinds, freshness.retentionMs);
  }

  /** What the memory holds, by kind: the kinds of keys, and `missing`. */
  get figures(): Readonly<Record<string, CacheFigures>> {
    return this.memory.figures;
  }

  /**
   * The fresh entry of this process's memory.
   *
   * @param notBefore an older entry is not returned, in Unix milliseconds
   */
  getFresh(key: string, notBefore = -Infinity): Entry | undefined {
    return this.ifUsable(this.fromMemory(key), notBefore);
  }

  /**
   * The newest known entry: at once if it is in memory. A fresh one there that is not too old is enough. Any other is compared
   * with the shared store: another replica may have learned that the instance is gone.
   *
   * @param notBefore an older entry is too old, in Unix milliseconds
   */
  get(key: string, notBefore = -Infinity): Entry | undefined | Promise<Entry | undefined> {
    const own = this.fromMemory(key);
    const { shared } = this;
    return !shared || this.ifUsable(own, notBefore) ? own : this.newest(key, own, shared);
  }

  /** An own entry, or a newer one of the shared store. */
  private async newest(key: string, own: Entry | undefined, shared: SharedStore): Promise<Entry | undefined> {
    // Most often the shared store has the same entry, which may be a long list.
    const newerThan = own?.storedAt ?? -Infinity;
    const { flight } = this.sharedReads.join(`${newerThan} ${key}`, () => ({
      result: shared.get(key, newerThan),
    }));
    const theirs = await flight.result;
    const now = this.clock.wallTime();
    if (!theirs || isFromTheFuture(theirs, now) || (own && own.storedAt >= theirs.storedAt)) return own;
    this.memory.set(key, theirs, now);
    return theirs;
  }

  /** The fresh entry of this process's memory or of the shared store, if it is not older than `notBefore`. */
  async getFreshest(key: string, notBefore: number): Promise<Entry | undefined> {
    return this.ifUsable(await this.get(key, notBefore), notBefore);
  }

  /**
   * Keeps an entry: in memory at once, and in the shared store, if there is one, when the promise resolves. It never rejects.
   */
  put(key: string, entry: Entry): Promise<void> | undefined {
    this.memory.set(key, entry, this.clock.wallTime());
    return this.shared?.set(key, entry, this.freshness.retentionMs);
  }

  /**
   * Lets one replica fetch a key while the others wait for its entry. Every replica may fetch without a lock if there is
   * no shared store or if nothing may be cached, both at once, or if the store does not answer or waiting takes too long.
   *
   * @param notBefore an older entry is not worth the wait, in Unix milliseconds
   * @param isWanted whether a caller still waits for the entry
   * @param takesLong the fetch takes many calls, so that waiting for another replica is quicker than beginning anew
   */
  claim(
    key: string,
    notBefore: number,
    deadline: Deadline,
    isWanted: () => boolean,
    takesLong: boolean,
  ): Claim | Promise<Claim> {
    const { shared } = this;
    if (!shared || !this.freshness.isOn) return WITHOUT_LOCK;
    return this.lockOrWait(shared, key, notBefore, deadline, isWanted, takesLong);
  }

  private async lockOrWait(
    shared: SharedStore,
    key: string,
    notBefore: number,
    deadline: Deadline,
    isWanted: () => boolean,
    takesLong: boolean,
  ): Promise<Claim> {
    const remainingMs = deadline.remainingMs();
    const maxWaitMs = takesLong ? LONG_WAIT * remainingMs : Math.min(LOCK_MS, remainingMs / 2);
    const endsAt = this.clock.now() + maxWaitMs;
    let hasWaited = false;
    while (isWanted() && this.clock.now() < endsAt) {
      const lock = await shared.lock(key, LOCK_MS);
      if (lock.state === 'unavailable') return WITHOUT_LOCK;
      if (lock.state === 'acquired' && !hasWaited) return this.hold(lock);
      const fetched = await this.getFreshest(key, notBefore);
      if (lock.state === 'acquired') {
        if (!fetched) return this.hold(lock);
        await lock.release();
      }
      if (fetched) return { kind: 'fetched', entry: fetched };
      hasWaited = true;
      await this.clock.sleep(POLL_MS);
    }
    return WITHOUT_LOCK;
  }

  /** Renews the lock until it is released. */
  private hold({ release, renew }: Extract<Lock, { state: 'acquired' }>): Claim {
    const released = new AbortController();
    const keepRenewing = async (): Promise<void> => {
      for (;;) {
        await this.clock.sleep(RENEWAL_MS, released.signal);
        if (released.signal.aborted) return;
        await renew(LOCK_MS);
      }
    };
    void keepRenewing();
    return {
      kind: 'granted',
      release: () => {
        released.abort(null);
        return release();
      },
    };
  }

  private ifUsable(entry: Entry | undefined, notBefore: number): Entry | undefined {
    if (!entry || entry.storedAt < notBefore) return undefined;
    return this.freshness.isFresh(entry, this.clock.wallTime()) ? entry : undefined;
  }

  private fromMemory(key: string): Entry | undefined {
    const entry = this.memory.get(key);
    return entry && !isFromTheFuture(entry, this.clock.wallTime()) ? entry : undefined;
  }
}
