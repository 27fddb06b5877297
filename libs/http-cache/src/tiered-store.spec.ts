import { Deadline } from '@app/resilience';
import { FakeClock } from '@app/resilience/testing';
import { beforeEach, describe, expect, it } from 'vitest';

import { type Entry, found, gone } from './entry.js';
import { Freshness } from './freshness.js';
import type { Lock, SharedStore } from './shared-store.js';
import { TieredStore } from './tiered-store.js';

const FRESHNESS = new Freshness({
  freshMs: 1000,
  staleWhileRevalidateMs: 2000,
  staleIfErrorMs: 10_000,
  notFoundMs: 500,
});
const BOUNDS = { maxEntries: 10, maxBytes: 100_000 };
const KINDS = { names: ['thing'], of: () => 'thing' };
const KEY = 'key';
const always = (): boolean => true;

/** A shared store in this process, which counts what is asked of it. */
class FakeSharedStore implements SharedStore {
  entry: Entry | undefined;
  gets = 0;
  sets: [string, Entry, number][] = [];
  newerThan: (number | undefined)[] = [];
  releases = 0;
  renewals: number[] = [];
  /** The states of the next locks; `acquired` when there are no more. */
  lockStates: Lock['state'][] = [];
  locks = 0;

  get(_key: string, newerThan?: number): Promise<Entry | undefined> {
    this.gets += 1;
    this.newerThan.push(newerThan);
    return Promise.resolve(this.entry);
  }

  set(key: string, entry: Entry, ttlMs: number): Promise<void> {
    this.sets.push([key, entry, ttlMs]);
    return Promise.resolve();
  }

  lock(): Promise<Lock> {
    this.locks += 1;
    const state = this.lockStates.shift() ?? 'acquired';
    const release = (): Promise<void> => {
      this.releases += 1;
      return Promise.resolve();
    };
    // It does not resolve, because a clock that advances by itself would renew the lock for ever.
    const renew = (ttlMs: number): Promise<void> => {
      this.renewals.push(ttlMs);
      return new Promise(() => undefined);
    };
    return Promise.resolve(state === 'acquired' ? { state, release, renew } : { state });
  }
}

let clock: FakeClock;
let shared: FakeSharedStore;
let store: TieredStore;
beforeEach(() => {
  clock = new FakeClock(1_000_000, { autoAdvance: true });
  shared = new FakeSharedStore();
  store = new TieredStore(BOUNDS, KINDS, FRESHNESS, clock, shared);
});
const entryOf = (body: string, ageMs = 0): Entry => found(body, clock.wallTime() - ageMs);

describe('get', () => {
  it('does not ask the shared store for a fresh entry in memory', async () => {
    const entry = entryOf('own');
    await store.put(KEY, entry);
    expect(await store.get(KEY)).toBe(entry);
    expect(shared.gets).toBe(0);
  });

  it('takes a newer entry of the shared store, and keeps it in memory', async () => {
    await store.put(KEY, entryOf('own', 2000));
    shared.entry = entryOf('shared', 100);
    expect(await store.get(KEY)).toBe(shared.entry);
    expect(store.getFresh(KEY)).toBe(shared.entry);
  });

  it('keeps its own entry if the shared one is as old or older', async () => {
    const own = entryOf('own', 2000);
    await store.put(KEY, own);
    shared.entry = found('shared', own.storedAt);
    expect(await store.get(KEY)).toBe(own);
    shared.entry = found('shared', own.storedAt - 1);
    expect(await store.get(KEY)).toBe(own);
  });

  it('takes the word of the shared store that the thing is gone', async () => {
    await store.put(KEY, entryOf('own', 2000));
    shared.entry = gone(clock.wallTime());
    expect(await store.get(KEY)).toBe(shared.entry);
  });

  it('ignores entries that are dated in the future', async () => {
    shared.entry = entryOf('shared', -2001);
    expect(await store.get(KEY)).toBeUndefined();
    await store.put(KEY, entryOf('own', -2001));
    shared.entry = undefined;
    expect(await store.get(KEY)).toBeUndefined();
    shared.entry = entryOf('shared', -2000);
    expect(await store.get(KEY)).toBe(shared.entry);
  });

  it('asks the shared store only for an entry that is newer than its own', async () => {
    const own = entryOf('own', 2000);
    await store.put(KEY, own);
    expect(await store.get(KEY)).toBe(own);
    await store.get('other');
    expect(shared.newerThan).toStrictEqual([own.storedAt, -Infinity]);
  });

  it('asks the shared store once for readers at the same time', async () => {
    await Promise.all([store.get(KEY), store.get(KEY), store.get('other')]);
    expect(shared.gets).toBe(2);
  });

  it('works without a shared store', async () => {
    store = new TieredStore(BOUNDS, KINDS, FRESHNESS, clock);
    expect(await store.get(KEY)).toBeUndefined();
    const entry = entryOf('own', 5000);
    await store.put(KEY, entry);
    expect(await store.get(KEY)).toBe(entry);
    expect(store.getFresh(KEY)).toBeUndefined();
  });
});

it('shares what it keeps, for as long as it is useful', async () => {
  const entry = entryOf('own');
  await store.put(KEY, entry);
  expect(shared.sets).toStrictEqual([[KEY, entry, 11_000]]);
});

describe('claim', () => {
  const claim = (isWanted = always, deadlineMs = 5000, on = store, takesLong = false) =>
    on.claim(KEY, -Infinity, Deadline.after(deadlineMs, clock), isWanted, takesLong);

  it('is granted with the lock', async () => {
    const granted = await claim();
    expect(granted.kind).toBe('granted');
    expect([shared.locks, shared.gets, shared.releases]).toStrictEqual([1, 0, 0]);
    if (granted.kind === 'granted') await granted.release?.();
    expect(shared.releases).toBe(1);
  });

  it('is granted without a lock if there is no shared store', async () => {
    const granted = await claim(always, 5000, new TieredStore(BOUNDS, KINDS, FRESHNESS, clock));
    expect(granted).toStrictEqual({ kind: 'granted' });
  });

  it('is granted without a lock if nothing can be fresh', async () => {
    const off = new Freshness({ freshMs: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, notFoundMs: 0 });
    expect((await claim(always, 5000, new TieredStore(BOUNDS, KINDS, off, clock, shared))).kind).toBe(
      'granted',
    );
    expect(shared.locks).toBe(0);
  });

  it('is granted without a lock if the shared store does not answer', async () => {
    shared.lockStates = ['unavailable'];
    const granted = await claim();
    expect(granted).toStrictEqual({ kind: 'granted' });
    expect([shared.locks, shared.releases]).toStrictEqual([1, 0]);
  });

  it('waits for the replica that has the lock, and returns the entry that it fetched', async () => {
    shared.lockStates = Array<Lock['state']>(3).fill('taken');
    const waiting = claim(() => {
      if (shared.locks === 2) shared.entry = entryOf('fetched');
      return true;
    });
    expect(await waiting).toStrictEqual({ kind: 'fetched', entry: shared.entry });
    expect(clock.sleeps).toStrictEqual([25, 25]);
  });

  it('is granted after the wait if the other replica released the lock without an entry', async () => {
    shared.lockStates = ['taken', 'acquired'];
    const granted = await claim();
    expect(granted.kind).toBe('granted');
    expect([shared.locks, shared.releases]).toStrictEqual([2, 0]);
  });

  it('gives a lock back that it gets after the other replica has fetched the entry', async () => {
    shared.lockStates = ['taken', 'acquired'];
    const waiting = claim(() => {
      if (shared.locks === 1) shared.entry = entryOf('fetched');
      return true;
    });
    expect((await waiting).kind).toBe('fetched');
    expect(shared.releases).toBe(1);
  });

  it('does not take a stale entry for a fetched one', async () => {
    shared.entry = entryOf('stale', 1000);
    shared.lockStates = ['taken', 'acquired'];
    expect((await claim()).kind).toBe('granted');
  });

  it('waits for a second at most', async () => {
    shared.lockStates = Array<Lock['state']>(1000).fill('taken');
    expect((await claim()).kind).toBe('granted');
    expect(clock.sleeps).toHaveLength(40);
  });

  it('waits for half of the time that the deadline leaves, if that is less', async () => {
    shared.lockStates = Array<Lock['state']>(1000).fill('taken');
    await claim(always, 500);
    expect(clock.sleeps).toHaveLength(10);
  });

  it('waits for four fifths of the time that the deadline leaves if the fetch takes many calls', async () => {
    shared.lockStates = Array<Lock['state']>(1000).fill('taken');
    expect((await claim(always, 5000, store, true)).kind).toBe('granted');
    expect(clock.sleeps).toHaveLength(160);
  });

  it('renews the lock every 300 ms until it is released', async () => {
    clock = new FakeClock(1_000_000);
    store = new TieredStore(BOUNDS, KINDS, FRESHNESS, clock, shared);
    const granted = await claim();
    clock.advance(299);
    await Promise.resolve();
    expect(shared.renewals).toStrictEqual([]);
    clock.advance(1);
    await new Promise(setImmediate);
    expect(shared.renewals).toStrictEqual([1000]);
    if (granted.kind === 'granted') await granted.release?.();
  });

  it('does not renew a lock that was released', async () => {
    clock = new FakeClock(1_000_000);
    store = new TieredStore(BOUNDS, KINDS, FRESHNESS, clock, shared);
    const granted = await claim();
    if (granted.kind === 'granted') await granted.release?.();
    clock.advance(1000);
    await new Promise(setImmediate);
    expect(shared.renewals).toStrictEqual([]);
  });

  it('stops waiting when no caller waits any more', async () => {
    shared.lockStates = Array<Lock['state']>(1000).fill('taken');
    await claim(() => shared.locks < 3);
    expect(clock.sleeps).toHaveLength(3);
  });
});
