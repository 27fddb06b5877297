import { type Entry, Freshness, isFromTheFuture, MemoryStore } from '@app/http-cache';
import { RedisStore } from '@app/redis-store';
import { type Clock, type Deadline, Singleflight } from '@app/resilience';
import { Inject, Injectable, Optional } from '@nestjs/common';

import { CLOCK } from '../runtime.module.js';
import { Settings } from '../settings/settings.js';

/** How often a replica looks whether another one has fetched what it waits for. */
const POLL_MS = 25;

/**
 * How long a replica waits for another one, and how long that one keeps the others waiting, at most. Long enough for a
 * healthy upstream, and short enough for callers when the other one has died.
 */
const PATIENCE_MS = 1000;

/** A claim to fetch an id, or the entry that makes it needless. */
export type Claim =
  | { readonly kind: 'ours'; readonly release: () => Promise<void> }
  | { readonly kind: 'fetched'; readonly entry: Entry };

/** What is remembered of instances: in this process, and among replicas if there is a Redis. */
@Injectable()
export class InstanceEntries {
  private readonly memory: MemoryStore;
  private readonly sharedReads = new Singleflight<Entry | undefined>();

  constructor(
    { cache }: Settings,
    private readonly freshness: Freshness,
    @Inject(CLOCK) private readonly clock: Clock,
    /** Undefined without a Redis. */
    @Optional() private readonly shared?: RedisStore,
  ) {
    this.memory = new MemoryStore(cache.maxEntries);
  }

  /** What is fresh in this process, which costs no question to others. */
  fresh(id: string): Entry | undefined {
    return this.ifFresh(this.own(id));
  }

  /**
   * The newest that anyone knows; what is fresh here costs no question to others. Before a copy is served stale, the other
   * replicas' word counts too: one of them may have learned that the instance is gone.
   */
  async get(id: string): Promise<Entry | undefined> {
    const own = this.own(id);
    if (!this.shared || this.ifFresh(own)) return own;
    const { shared } = this;
    const theirs = await this.sharedReads.board(id, () => shared.get(id)).result;
    const now = this.clock.wallTime();
    if (!theirs || isFromTheFuture(theirs, now) || (own && own.storedAt >= theirs.storedAt)) return own;
    this.memory.set(id, theirs, now);
    return theirs;
  }

  /** Remembers an entry: here at once, and among replicas when it resolves. Never rejects. */
  async put(id: string, entry: Entry): Promise<void> {
    this.memory.set(id, entry, this.clock.wallTime());
    await this.shared?.set(id, entry, this.freshness.retentionMs);
  }

  /**
   * Makes sure that one replica fetches an id and the others wait for it, for a while. Without a Redis, without an
   * answer of it, or when nothing would be fresh enough to share, everyone may fetch.
   *
   * @param isWanted whether anybody still waits for the entry
   */
  async claim(id: string, deadline: Deadline, isWanted: () => boolean): Promise<Claim> {
    const anyone: Claim = { kind: 'ours', release: () => Promise.resolve() };
    if (!this.shared || !this.freshness.isOn) return anyone;
    const endsAt = this.clock.now() + Math.min(PATIENCE_MS, deadline.remainingMs() / 2);
    let waited = false;
    while (isWanted() && this.clock.now() < endsAt) {
      const lock = await this.shared.lock(id, PATIENCE_MS);
      if (lock.state === 'unavailable') return anyone;
      if (lock.state === 'acquired' && !waited) return { kind: 'ours', release: lock.release };
      const fetched = this.ifFresh(await this.get(id));
      if (lock.state === 'acquired') {
        if (!fetched) return { kind: 'ours', release: lock.release };
        await lock.release();
      }
      if (fetched) return { kind: 'fetched', entry: fetched };
      waited = true;
      await this.clock.sleep(POLL_MS);
    }
    return anyone;
  }

  private ifFresh(entry: Entry | undefined): Entry | undefined {
    return entry && this.freshness.isFresh(entry, this.clock.wallTime()) ? entry : undefined;
  }

  private own(id: string): Entry | undefined {
    const entry = this.memory.get(id);
    return entry && !isFromTheFuture(entry, this.clock.wallTime()) ? entry : undefined;
  }
}
