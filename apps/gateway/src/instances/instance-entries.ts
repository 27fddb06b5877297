import { type Entry, Freshness, MemoryStore } from '@app/http-cache';
import { RedisStore } from '@app/redis-store';
import { type Clock, type Deadline, Singleflight } from '@app/resilience';
import { Inject, Injectable, Optional } from '@nestjs/common';

import { CLOCK } from '../runtime.module.js';
import { Settings } from '../settings/settings.js';

/** How often a replica looks whether another one has fetched what it waits for. */
const POLL_MS = 25;

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

  /** What this process knows, if that is fresh: costs nothing. */
  getFresh(id: string): Entry | undefined {
    const entry = this.memory.get(id);
    return entry && this.freshness.isFresh(entry, this.clock.wallTime()) ? entry : undefined;
  }

  /**
   * The newest that anyone knows. Before a copy is served stale, the other replicas' word counts too: one of them may
   * have learned that the instance is gone.
   */
  async get(id: string): Promise<Entry | undefined> {
    const own = this.memory.get(id);
    if (!this.shared || (own && this.freshness.isFresh(own, this.clock.wallTime()))) return own;
    const { shared } = this;
    const theirs = await this.sharedReads.board(id, () => shared.get(id)).result;
    if (!theirs || (own && own.storedAt >= theirs.storedAt)) return own;
    this.memory.set(id, theirs);
    return theirs;
  }

  /** Remembers an entry here at once, and among replicas before it resolves. */
  async put(id: string, entry: Entry): Promise<void> {
    this.memory.set(id, entry);
    await this.shared?.set(id, entry, this.freshness.retentionMs);
  }

  /**
   * Makes sure that one replica fetches an id and the others wait for it, for half of the deadline at most. Without a
   * Redis, or without an answer of it, everyone may fetch.
   */
  async claim(id: string, deadline: Deadline, abandoned: AbortSignal): Promise<Claim> {
    const anyone: Claim = { kind: 'ours', release: () => Promise.resolve() };
    if (!this.shared) return anyone;
    const patienceMs = deadline.remainingMs() / 2;
    const lockMs = Math.ceil(deadline.remainingMs());
    while (!abandoned.aborted && deadline.remainingMs() > patienceMs) {
      const lock = await this.shared.lock(id, lockMs);
      if (lock.state === 'unavailable') return anyone;
      const entry = await this.get(id);
      const fetched = entry && this.freshness.isFresh(entry, this.clock.wallTime()) ? entry : undefined;
      if (lock.state === 'acquired') {
        if (!fetched) return { kind: 'ours', release: lock.release };
        await lock.release();
      }
      if (fetched) return { kind: 'fetched', entry: fetched };
      await this.clock.sleep(POLL_MS, abandoned);
    }
    return anyone;
  }
}
