import { type CacheOutcome, type Entry, type Found, found, Freshness, gone, HoldOff } from '@app/http-cache';
import type { Failure } from '@app/outboundbot-client';
import { type Clock, Deadline, isRejection, type Rejection, Singleflight } from '@app/resilience';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';

import { logRefreshDefect, logRefreshFailure } from '../log/request-log.js';
import { CLOCK, LOGGER } from '../runtime.module.js';
import { Settings } from '../settings/settings.js';
import { toInstanceDto } from './instance.mapper.js';
import { InstanceEntries } from './instance-entries.js';
import { type Attempt, InstanceLookup } from './instance-lookup.js';

/** What a request for an instance came to. */
export type Reading = {
  /** How the cache handled it. */
  readonly cache: CacheOutcome;
  /** The upstream calls that were made for this request. One that shares another's calls has none of its own. */
  readonly attempts: readonly Attempt[];
} & (
  | { readonly kind: 'found'; readonly entry: Found; readonly ageMs: number }
  | {
      readonly kind: 'failed';
      readonly failure: Failure | Rejection;
      /** The upstream calls behind the failure, be they this request's or another's. */
      readonly calls: readonly Attempt[];
    }
);

/** What a flight brings home: an entry, or why there is none. */
interface Fetched {
  readonly result: Entry | Failure | Rejection;
  readonly attempts: readonly Attempt[];
}

/** How long an id is left alone after a refresh that failed, in milliseconds; longer if the upstream asks for it. */
const REFRESH_HOLD_OFF_MS = 1000;

/** Why an entry that is gone has nothing to show. What the upstream said of it is in the calls, if there were any. */
const notFound: Failure = { kind: 'not-found', code: null, requestId: null, retry: 'never' };

/**
 * Reads instances, from memory where that is good enough, with one fetch at a time for each id:
 *
 * - fresh: from memory;
 * - stale, within its time to revalidate: from memory, and refreshed in the background, unless that has just failed;
 * - otherwise from the upstream, and on failure from memory after all, within the time for that.
 */
@Injectable()
export class InstancesService {
  private readonly flights = new Singleflight<Fetched>();
  private readonly holdOff: HoldOff;

  constructor(
    private readonly entries: InstanceEntries,
    private readonly freshness: Freshness,
    private readonly lookup: InstanceLookup,
    private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.holdOff = new HoldOff(clock);
  }

  /** @param whenCallerGone has its argument called when the caller leaves; used only if the caller has to wait */
  read(id: string, whenCallerGone: (leave: () => void) => void): Reading | Promise<Reading> {
    const fresh = this.entries.fresh(id);
    return fresh ? this.fromMemory(fresh, this.clock.wallTime()) : this.readStaleOrFetch(id, whenCallerGone);
  }

  private async readStaleOrFetch(id: string, whenCallerGone: (leave: () => void) => void): Promise<Reading> {
    const { entries, freshness, clock } = this;
    const known = await entries.get(id);
    const now = clock.wallTime();
    // Another replica's.
    if (known && freshness.isFresh(known, now)) return this.fromMemory(known, now);
    const held = this.holdOff.isOn(id);
    if (known && freshness.mayServeWhileRevalidating(known, now)) {
      if (!held) this.refresh(id);
      return this.fromMemory(known, now, held);
    }
    if (known && held && freshness.mayServeOnError(known, now)) return this.fromMemory(known, now, held);
    return this.fromFlight(id, known, whenCallerGone);
  }

  private fromMemory(entry: Entry, now: number, heldOff = false): Reading {
    const { freshness } = this;
    const cache: CacheOutcome = { kind: 'hit', ttlMs: freshness.ttl(entry, now), heldOff };
    return entry.kind === 'found'
      ? { kind: 'found', cache, entry, ageMs: freshness.age(entry, now), attempts: [] }
      : { kind: 'failed', cache, failure: notFound, attempts: [], calls: [] };
  }

  private async fromFlight(
    id: string,
    known: Entry | undefined,
    whenCallerGone: (leave: () => void) => void,
  ): Promise<Reading> {
    const { freshness, clock } = this;
    const flight = this.flights.board(id, (isWanted) => this.fetch(id, isWanted), whenCallerGone);
    const { result, attempts: calls } = await flight.result;
    const now = clock.wallTime();

    // Another replica has fetched it meanwhile.
    if (isEntry(result) && calls.length === 0) return this.fromMemory(result, now);

    const { collapsed } = flight;
    const attempts = collapsed ? [] : calls;
    const reason = known?.kind === 'found' ? 'stale' : 'miss';
    const cache: CacheOutcome = { kind: 'forwarded', reason, collapsed };
    if (isEntry(result)) {
      if (result.kind === 'found') return { kind: 'found', cache, entry: result, ageMs: 0, attempts };
      return { kind: 'failed', cache, failure: notFound, attempts, calls };
    }
    if (known?.kind === 'found' && freshness.mayServeOnError(known, now)) {
      const staleTtlMs = freshness.ttl(known, now);
      return {
        kind: 'found',
        cache: { ...cache, staleTtlMs },
        entry: known,
        ageMs: freshness.age(known, now),
        attempts,
      };
    }
    return { kind: 'failed', cache, failure: result, attempts, calls };
  }

  /** A caller who never leaves: the refresh goes on when all requests have their answers. */
  private refresh(id: string): void {
    const { result, collapsed } = this.flights.board(id, (isWanted) => this.fetch(id, isWanted));
    if (collapsed) return;
    void result.then(
      ({ result, attempts }) => {
        if (isEntry(result)) return;
        if (!this.holdOff.isOn(id)) this.holdOff.start(id, REFRESH_HOLD_OFF_MS);
        logRefreshFailure(result, attempts, this.logger);
      },
      (defect: unknown) => {
        logRefreshDefect(defect, this.logger);
      },
    );
  }

  private async fetch(id: string, isWanted: () => boolean): Promise<Fetched> {
    const { entries, lookup } = this;
    const deadline = Deadline.after(this.settings.upstream.deadlineMs, this.clock);
    const claim = await entries.claim(id, deadline, isWanted);
    if (claim.kind === 'fetched') return { result: claim.entry, attempts: [] };

    let shared = Promise.resolve();
    try {
      const { outcome, attempts, askedAt } = await lookup.lookUp(id, deadline, isWanted);
      if (outcome.kind !== 'success' && outcome.kind !== 'not-found') {
        if (!isRejection(outcome) && outcome.retryAfterMs !== undefined)
          this.holdOff.start(id, outcome.retryAfterMs);
        return { result: outcome, attempts };
      }
      const entry =
        outcome.kind === 'success'
          ? found(JSON.stringify(toInstanceDto(outcome.value)), askedAt)
          : gone(askedAt);
      this.holdOff.end(id);
      shared = entries.put(id, entry);
      return { result: entry, attempts };
    } finally {
      // Nobody waits for this: who asks another replica meanwhile finds the claim.
      void shared.then(claim.release);
    }
  }
}

function isEntry(result: Fetched['result']): result is Entry {
  return result.kind === 'found' || result.kind === 'gone';
}
