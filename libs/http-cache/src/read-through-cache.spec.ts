import type { Callers, Rejection } from '@app/resilience';
import { FakeClock } from '@app/resilience/testing';
import { describe, expect, it } from 'vitest';

import { type Entry, found, gone } from './entry.js';
import { Freshness } from './freshness.js';
import { type CachedRead, type Fetch, type Fetched, ReadThroughCache } from './read-through-cache.js';
import type { RequestDirectives } from './request-directives.js';
import type { Lock, SharedStore } from './shared-store.js';
import { TieredStore } from './tiered-store.js';

const FRESHNESS = { freshMs: 1000, staleWhileRevalidateMs: 2000, staleIfErrorMs: 10_000, notFoundMs: 500 };
const MIN_REVALIDATE_MS = 200;
const BOUNDS = { maxEntries: 100, maxBytes: 100_000 };
const KINDS = { names: ['thing'], of: () => 'thing' };
const KEY = 'key';

type Read = CachedRead<string | Rejection, string>;

/** A cache whose fetches the test ends by hand. */
function setUp(shared?: SharedStore) {
  const clock = new FakeClock(1_000_000);
  const freshness = new Freshness(FRESHNESS);
  const store = new TieredStore(BOUNDS, KINDS, freshness, clock, shared);
  const refreshFailures: unknown[][] = [];
  const crashes: unknown[] = [];
  const cache = new ReadThroughCache<string, string>(
    store,
    freshness,
    {
      deadlineMs: 5000,
      minRevalidateMs: MIN_REVALIDATE_MS,
      onRefreshFailed: (...failure) => refreshFailures.push(failure),
      onRefreshCrashed: (error) => crashes.push(error),
    },
    clock,
  );
  const fetches: {
    readonly end: (result: Fetched<string, string>['result'], calls?: readonly string[]) => Promise<void>;
    readonly crash: (error: Error) => Promise<void>;
    readonly callers: Callers;
  }[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const fetch: Fetch<string, string> = (callers) =>
    new Promise((resolve, reject) => {
      fetches.push({
        end: (result, calls = ['call']) => {
          resolve({ result, calls });
          return settle();
        },
        crash: (error) => {
          reject(error);
          return settle();
        },
        callers,
      });
    });
  const read = (
    onCallerGone: (leave: () => void) => void = () => undefined,
    directives: Partial<RequestDirectives> = {},
    flow = 'caller',
  ) =>
    cache.read(KEY, fetch, () => ({ flow, onGone: onCallerGone }), {
      maxAgeMs: Infinity,
      onlyIfCached: false,
      ...directives,
    });
  /** Reads and lets the store answer. */
  const begin = async (
    onCallerGone?: (leave: () => void) => void,
    directives?: Partial<RequestDirectives>,
    flow?: string,
  ): Promise<{ result: Promise<Read> }> => {
    const result = Promise.resolve(read(onCallerGone, directives, flow));
    await settle();
    return { result };
  };
  const entry = (body = 'body'): Entry => found(body, clock.wallTime());
  /** Has the cache hold an entry of this age. */
  const cached = async (ageMs = 0, kept = entry()): Promise<Entry> => {
    await store.put(KEY, kept);
    clock.advance(ageMs);
    return kept;
  };
  return { clock, store, fetches, read, begin, settle, entry, cached, refreshFailures, crashes };
}

const failed = (holdOffMs?: number) => ({ kind: 'failed', failure: 'down', holdOffMs }) as const;
const outOfTurn = { kind: 'failed', failure: 'busy', outOfTurn: true } as const;
const REJECTION = { kind: 'rejected', by: 'concurrency-limit', retry: 'never', retryAfterMs: 1000 } as const;
const flowsOf = ({ all }: Callers): string[] => all.map(({ flow }) => flow);

describe('a fresh entry', () => {
  it('is returned at once, without a promise and without a fetch', async () => {
    const { read, cached, fetches } = setUp();
    const entry = await cached(400);
    expect(read()).toStrictEqual({
      kind: 'found',
      cache: { kind: 'hit', ttlMs: 600, heldOff: false },
      entry,
      ageMs: 400,
      calls: [],
    });
    expect(fetches).toHaveLength(0);
  });

  it('may say that nothing exists', async () => {
    const { read, cached, clock } = setUp();
    await cached(100, gone(clock.wallTime()));
    expect(read()).toStrictEqual({
      kind: 'gone',
      cache: { kind: 'hit', ttlMs: 400, heldOff: false },
      calls: [],
    });
  });
});

describe('a missing entry', () => {
  it('is fetched once for all readers, and all but the first are collapsed', async () => {
    const { begin, fetches, entry, read } = setUp();
    const first = await begin();
    const second = await begin();
    expect(fetches).toHaveLength(1);
    const fetched = entry();
    await fetches[0]!.end(fetched, ['call 1', 'call 2']);
    const expected = { kind: 'found', entry: fetched, ageMs: 0, calls: ['call 1', 'call 2'] };
    expect(await first.result).toStrictEqual({
      ...expected,
      cache: { kind: 'forwarded', reason: 'miss', collapsed: false },
    });
    expect(await second.result).toStrictEqual({
      ...expected,
      cache: { kind: 'forwarded', reason: 'miss', collapsed: true },
    });
    expect(read()).toMatchObject({ kind: 'found', cache: { kind: 'hit' } });
  });

  it('may turn out not to exist, which is remembered', async () => {
    const { begin, fetches, clock, read } = setUp();
    const { result } = await begin();
    await fetches[0]!.end(gone(clock.wallTime()));
    expect(await result).toStrictEqual({
      kind: 'gone',
      cache: { kind: 'forwarded', reason: 'miss', collapsed: false },
      calls: ['call'],
    });
    expect(read()).toMatchObject({ kind: 'gone', cache: { kind: 'hit' } });
  });

  it('fails with the failure of the fetch, and is fetched anew by the next reader', async () => {
    const { begin, fetches } = setUp();
    const { result } = await begin();
    await fetches[0]!.end(failed());
    expect(await result).toStrictEqual({
      kind: 'failed',
      cache: { kind: 'forwarded', reason: 'miss', collapsed: false },
      failure: 'down',
      calls: ['call'],
    });
    await begin();
    expect(fetches).toHaveLength(2);
  });

  it('fails if the fetch was given up before any call', async () => {
    const { begin, fetches } = setUp();
    const { result } = await begin();
    await fetches[0]!.end(failed(), []);
    expect(await result).toStrictEqual({
      kind: 'failed',
      cache: { kind: 'forwarded', reason: 'miss', collapsed: false },
      failure: 'down',
      calls: [],
    });
  });

  it('passes an exception of the fetch on', async () => {
    const { begin, fetches, crashes } = setUp();
    const { result } = await begin();
    const outcome = result.catch((error: unknown) => error);
    const defect = new Error('defect');
    await fetches[0]!.crash(defect);
    expect(await outcome).toBe(defect);
    expect(crashes).toHaveLength(0);
  });

  it('is fetched within the deadline of the options', async () => {
    const { begin, fetches, clock } = setUp();
    await begin();
    clock.advance(1200);
    expect(fetches[0]!.callers.first.deadline.remainingMs()).toBe(3800);
  });

  it('is no longer wanted when its only reader has left', async () => {
    const { begin, fetches } = setUp();
    let leave: () => void = () => undefined;
    await begin((callback) => (leave = callback));
    expect(fetches[0]!.callers.isWanted).toBe(true);
    leave();
    expect(fetches[0]!.callers.isWanted).toBe(false);
  });
});

describe('a stale entry within stale-while-revalidate', () => {
  it('is returned while one refresh runs in the background', async () => {
    const { begin, cached, fetches, entry, read } = setUp();
    const old = await cached(1500);
    for (const { result } of [await begin(), await begin()]) {
      expect(await result).toStrictEqual({
        kind: 'found',
        cache: { kind: 'hit', ttlMs: -500, heldOff: false },
        entry: old,
        ageMs: 1500,
        calls: [],
      });
    }
    expect(fetches).toHaveLength(1);
    expect(fetches[0]!.callers.isWanted).toBe(true);
    const renewed = entry('renewed');
    await fetches[0]!.end(renewed);
    expect(read()).toMatchObject({ entry: renewed, ageMs: 0 });
  });

  it('is not refreshed again for a second after a failed refresh, which is reported once', async () => {
    const { begin, cached, fetches, refreshFailures, clock } = setUp();
    await cached(1500);
    await begin();
    await begin();
    await fetches[0]!.end(failed());
    expect(refreshFailures).toStrictEqual([['down', ['call']]]);
    clock.advance(999);
    expect(await (await begin()).result).toMatchObject({ cache: { kind: 'hit', heldOff: true } });
    expect(fetches).toHaveLength(1);
    clock.advance(1);
    await begin();
    expect(fetches).toHaveLength(2);
  });

  it('is left alone for as long as the upstream asks, even if that is less than a second', async () => {
    const { begin, cached, fetches, clock } = setUp();
    await cached(1100);
    await begin();
    await fetches[0]!.end(failed(300));
    clock.advance(299);
    await begin();
    expect(fetches).toHaveLength(1);
    clock.advance(1);
    await begin();
    expect(fetches).toHaveLength(2);
  });

  it('is refreshed although the upstream asked for no calls, once a later fetch has succeeded', async () => {
    const { begin, fetches, entry, clock } = setUp();
    await begin();
    await fetches[0]!.end(failed(60_000));
    await begin();
    await fetches[1]!.end(entry());
    clock.advance(1500);
    await begin();
    expect(fetches).toHaveLength(3);
  });

  it('reports a crash of the refresh', async () => {
    const { begin, cached, fetches, crashes, refreshFailures } = setUp();
    await cached(1500);
    await begin();
    const defect = new Error('defect');
    await fetches[0]!.crash(defect);
    expect(crashes).toStrictEqual([defect]);
    expect(refreshFailures).toHaveLength(0);
  });

  it('does not report a refresh that finds that the thing is gone', async () => {
    const { begin, cached, fetches, refreshFailures, clock, read } = setUp();
    await cached(1500);
    await begin();
    await fetches[0]!.end(gone(clock.wallTime()));
    expect(refreshFailures).toHaveLength(0);
    expect(read()).toMatchObject({ kind: 'gone' });
  });
});

describe('an older entry', () => {
  it('is fetched, and replaced by what came', async () => {
    const { begin, cached, fetches, entry } = setUp();
    await cached(4000);
    const { result } = await begin();
    const renewed = entry('renewed');
    await fetches[0]!.end(renewed);
    expect(await result).toMatchObject({
      entry: renewed,
      cache: { kind: 'forwarded', reason: 'stale', collapsed: false },
    });
  });

  it('is returned if the fetch fails, within stale-if-error', async () => {
    const { begin, cached, fetches } = setUp();
    const old = await cached(4000);
    const { result } = await begin();
    await fetches[0]!.end(failed());
    expect(await result).toStrictEqual({
      kind: 'found',
      cache: { kind: 'forwarded', reason: 'stale', collapsed: false, servedTtlMs: -3000 },
      entry: old,
      ageMs: 4000,
      calls: ['call'],
    });
  });

  it('is returned without a fetch while the upstream asks for no calls', async () => {
    const { begin, cached, fetches } = setUp();
    await cached(4000);
    await begin();
    await fetches[0]!.end(failed(60_000));
    expect(await (await begin()).result).toMatchObject({
      kind: 'found',
      cache: { kind: 'hit', heldOff: true },
    });
    expect(fetches).toHaveLength(1);
  });

  it('is still left alone after a later failure that asks for no wait', async () => {
    const { begin, cached, fetches, entry, clock } = setUp();
    const old = entry();
    clock.advance(4000);
    await begin();
    await fetches[0]!.end(failed(60_000));
    await begin();
    await fetches[1]!.end(failed());
    await cached(0, old);
    expect(await (await begin()).result).toMatchObject({ kind: 'found', cache: { heldOff: true } });
    expect(fetches).toHaveLength(2);
  });

  it('is not returned beyond stale-if-error', async () => {
    const { begin, cached, fetches } = setUp();
    await cached(11_001);
    const { result } = await begin();
    await fetches[0]!.end(failed());
    expect(await result).toMatchObject({ kind: 'failed', cache: { reason: 'stale' } });
  });

  it('that says that nothing exists is a miss', async () => {
    const { begin, cached, fetches, clock } = setUp();
    await cached(600, gone(clock.wallTime()));
    const { result } = await begin();
    await fetches[0]!.end(failed());
    expect(await result).toMatchObject({ kind: 'failed', cache: { reason: 'miss' } });
  });
});

it('takes an entry that another replica has fetched for a hit', async () => {
  const { begin, fetches, entry } = setUp();
  const { result } = await begin();
  await fetches[0]!.end(entry(), []);
  expect(await result).toMatchObject({ kind: 'found', cache: { kind: 'hit', ttlMs: 1000 } });
});

describe('with a shared store', () => {
  /** A shared store of one entry, which writes when the test says so. */
  class FakeSharedStore implements SharedStore {
    entry: Entry | undefined;
    lockState: Lock['state'] = 'acquired';
    releases = 0;
    endWrite: () => void = () => undefined;

    get(): Promise<Entry | undefined> {
      return Promise.resolve(this.entry);
    }

    set(): Promise<void> {
      return new Promise((resolve) => (this.endWrite = resolve));
    }

    lock(): Promise<Lock> {
      const release = (): Promise<void> => {
        this.releases += 1;
        return Promise.resolve();
      };
      return Promise.resolve(
        this.lockState === 'acquired'
          ? { state: 'acquired', release, renew: () => Promise.resolve() }
          : { state: this.lockState },
      );
    }
  }

  it('has the last word when the fetch fails: another replica may have been quicker', async () => {
    const shared = new FakeSharedStore();
    const { begin, entry, fetches } = setUp(shared);
    const { result } = await begin();
    shared.entry = entry('theirs');
    await fetches[0]!.end(failed());
    expect(await result).toMatchObject({ kind: 'found', entry: { body: 'theirs' }, cache: { kind: 'hit' } });
  });

  it('returns its fresh entry without a fetch', async () => {
    const shared = new FakeSharedStore();
    const { begin, entry, fetches, clock } = setUp(shared);
    shared.entry = entry();
    clock.advance(400);
    expect(await (await begin()).result).toStrictEqual({
      kind: 'found',
      cache: { kind: 'hit', ttlMs: 600, heldOff: false },
      entry: shared.entry,
      ageMs: 400,
      calls: [],
    });
    expect(fetches).toHaveLength(0);
  });

  it('returns the entry that another replica has fetched meanwhile, as a hit', async () => {
    const shared = new FakeSharedStore();
    shared.lockState = 'taken';
    const { begin, entry, fetches, clock, settle } = setUp(shared);
    const { result } = await begin();
    shared.entry = entry();
    clock.advance(25);
    await settle();
    expect(await result).toMatchObject({
      kind: 'found',
      cache: { kind: 'hit', ttlMs: 975, heldOff: false },
      entry: shared.entry,
      calls: [],
    });
    expect(fetches).toHaveLength(0);
  });

  it('answers before the shared store has the entry, and releases the lock after', async () => {
    const shared = new FakeSharedStore();
    const { begin, entry, fetches, settle } = setUp(shared);
    const { result } = await begin();
    await fetches[0]!.end(entry());
    expect(await result).toMatchObject({ kind: 'found' });
    expect(shared.releases).toBe(0);
    shared.endWrite();
    await settle();
    expect(shared.releases).toBe(1);
  });

  it('releases the lock after a failed fetch and after a crash', async () => {
    const shared = new FakeSharedStore();
    const { begin, fetches } = setUp(shared);
    await begin();
    await fetches[0]!.end(failed());
    expect(shared.releases).toBe(1);
    const { result } = await begin();
    const outcome = result.catch((error: unknown) => error);
    await fetches[1]!.crash(new Error('defect'));
    await outcome;
    expect(shared.releases).toBe(2);
  });
});

describe('callers that share a fetch', () => {
  it('wait in their own flows', async () => {
    const { begin, fetches } = setUp();
    await begin(undefined, {}, 'a');
    await begin(undefined, {}, 'b');
    expect(fetches).toHaveLength(1);
    expect(flowsOf(fetches[0]!.callers)).toStrictEqual(['a', 'b']);
  });

  it('wait in their own flows for a refresh too', async () => {
    const { begin, cached, fetches } = setUp();
    await cached(1500);
    await begin(undefined, {}, 'a');
    await begin(undefined, {}, 'b');
    expect(fetches).toHaveLength(1);
    expect(flowsOf(fetches[0]!.callers)).toStrictEqual(['a', 'b']);
  });

  it('have a deadline each, from the beginning of its own read', async () => {
    const { begin, clock, fetches } = setUp();
    await begin();
    clock.advance(1200);
    await begin();
    const { all } = fetches[0]!.callers;
    expect(all.map(({ deadline }) => deadline.remainingMs())).toStrictEqual([3800, 5000]);
  });

  it('are rejected one by one, while the fetch goes on for the others', async () => {
    const { begin, fetches, entry } = setUp();
    const first = await begin(undefined, {}, 'a');
    const second = await begin(undefined, {}, 'b');
    const { callers, end } = fetches[0]!;
    callers.reject(callers.first, REJECTION);
    expect(await first.result).toStrictEqual({
      kind: 'failed',
      cache: { kind: 'forwarded', reason: 'miss', collapsed: false },
      failure: REJECTION,
      calls: [],
    });
    await end(entry());
    expect(await second.result).toMatchObject({ kind: 'found', cache: { collapsed: true } });
  });

  it('get a stored entry if they are rejected, within stale-if-error', async () => {
    const { begin, cached, fetches } = setUp();
    const old = await cached(4000);
    const { result } = await begin(undefined, {}, 'a');
    await begin(undefined, {}, 'b');
    const { callers } = fetches[0]!;
    callers.reject(callers.first, REJECTION);
    expect(await result).toMatchObject({ kind: 'found', entry: old, cache: { servedTtlMs: -3000 } });
  });
});

describe('a fetch for which a caller got no turn', () => {
  it('holds off further refreshes by this caller only', async () => {
    const { begin, cached, fetches, refreshFailures } = setUp();
    await cached(1500);
    await begin(undefined, {}, 'a');
    await fetches[0]!.end(outOfTurn, []);
    expect(refreshFailures).toStrictEqual([['busy', []]]);
    expect(await (await begin(undefined, {}, 'a')).result).toMatchObject({ cache: { heldOff: true } });
    expect(fetches).toHaveLength(1);
    expect(await (await begin(undefined, {}, 'b')).result).toMatchObject({ cache: { heldOff: false } });
    expect(fetches).toHaveLength(2);
  });

  it('holds off further fresh reads by this caller only', async () => {
    const { begin, cached, fetches } = setUp();
    await cached(600);
    await begin(undefined, { maxAgeMs: 0 }, 'a');
    await fetches[0]!.end(outOfTurn, []);
    await begin(undefined, { maxAgeMs: 0 }, 'a');
    expect(fetches).toHaveLength(1);
    await begin(undefined, { maxAgeMs: 0 }, 'b');
    expect(fetches).toHaveLength(2);
  });
});

describe('a caller that limits the age of the answer', () => {
  const NO_CACHE = { maxAgeMs: 0 };

  it('gets a fresh entry within its limit from the store', async () => {
    const { read, cached, fetches } = setUp();
    await cached(500);
    expect(read(undefined, { maxAgeMs: 500 })).toMatchObject({ kind: 'found', ageMs: 500 });
    expect(fetches).toHaveLength(0);
  });

  it('makes an older fresh entry be fetched again', async () => {
    const { begin, cached, fetches, entry } = setUp();
    await cached(501);
    const { result } = await begin(undefined, { maxAgeMs: 500 });
    await fetches[0]!.end(entry('new'));
    expect(await result).toMatchObject({
      kind: 'found',
      entry: { body: 'new' },
      cache: { kind: 'forwarded', reason: 'request', collapsed: false },
    });
  });

  it('waits for the fetch also where a stale entry could be served at once', async () => {
    const { begin, cached, fetches, entry } = setUp();
    await cached(1500);
    const { result } = await begin(undefined, NO_CACHE);
    await fetches[0]!.end(entry('new'));
    expect(await result).toMatchObject({
      entry: { body: 'new' },
      cache: { kind: 'forwarded', reason: 'stale' },
    });
  });

  it('gets a stale entry within its limit at once, as without a limit', async () => {
    const { begin, cached, fetches } = setUp();
    await cached(1500);
    expect(await (await begin(undefined, { maxAgeMs: 2000 })).result).toMatchObject({
      cache: { kind: 'hit', ttlMs: -500 },
    });
    expect(fetches).toHaveLength(1);
  });

  it('gets an entry that is younger than the shortest time between two fetches', async () => {
    const { read, cached, fetches } = setUp();
    await cached(MIN_REVALIDATE_MS);
    expect(read(undefined, NO_CACHE)).toMatchObject({ kind: 'found', ageMs: MIN_REVALIDATE_MS });
    expect(fetches).toHaveLength(0);
  });

  it('shares one fetch with all others', async () => {
    const { begin, cached, fetches, entry } = setUp();
    await cached(600);
    const reads = await Promise.all(Array.from({ length: 50 }, () => begin(undefined, NO_CACHE)));
    expect(fetches).toHaveLength(1);
    await fetches[0]!.end(entry('new'));
    for (const { result } of reads) expect(await result).toMatchObject({ entry: { body: 'new' } });
  });

  it('waits for a second fetch if the one that it joined had begun too early', async () => {
    const { begin, cached, clock, fetches, entry } = setUp();
    await cached(1500);
    await begin();
    const early = entry('early');
    clock.advance(MIN_REVALIDATE_MS + 1);
    const { result } = await begin(undefined, NO_CACHE);
    const other = await begin(undefined, NO_CACHE);
    await fetches[0]!.end(early);
    expect(fetches).toHaveLength(2);
    await fetches[1]!.end(entry('late'));
    expect(await result).toMatchObject({ entry: { body: 'late' }, cache: { collapsed: false } });
    expect(await other.result).toMatchObject({ entry: { body: 'late' }, cache: { collapsed: true } });
  });

  it('takes the result of a fetch that began shortly before, however long it lasted', async () => {
    const { begin, cached, clock, fetches, entry } = setUp();
    await cached(1500);
    await begin();
    const begun = entry('begun');
    clock.advance(MIN_REVALIDATE_MS);
    const { result } = await begin(undefined, NO_CACHE);
    clock.advance(3000);
    await fetches[0]!.end(begun);
    expect(await result).toMatchObject({ entry: { body: 'begun' } });
    expect(fetches).toHaveLength(1);
  });

  it('gets the stored entry with its age if the fetch fails, and the key is then not fetched for a while', async () => {
    const { begin, cached, clock, fetches } = setUp();
    const kept = await cached(600);
    const { result } = await begin(undefined, NO_CACHE);
    await fetches[0]!.end(failed());
    expect(await result).toStrictEqual({
      kind: 'found',
      entry: kept,
      ageMs: 600,
      cache: { kind: 'forwarded', reason: 'request', collapsed: false, servedTtlMs: 400 },
      calls: ['call'],
    });
    clock.advance(MIN_REVALIDATE_MS - 1);
    expect(await (await begin(undefined, NO_CACHE)).result).toMatchObject({ ageMs: 799, calls: [] });
    expect(fetches).toHaveLength(1);
    clock.advance(1);
    await begin(undefined, NO_CACHE);
    expect(fetches).toHaveLength(2);
  });

  it('gets the error if the fetch fails and the stored entry is too stale', async () => {
    const { begin, cached, fetches } = setUp();
    await cached(11_001);
    const { result } = await begin(undefined, NO_CACHE);
    await fetches[0]!.end(failed());
    expect(await result).toMatchObject({ kind: 'failed', failure: 'down' });
  });

  it('learns from a failed fetch nothing new about a key for which nothing existed shortly before', async () => {
    const { begin, cached, clock, fetches } = setUp();
    await cached(300, gone(clock.wallTime()));
    const { result } = await begin(undefined, NO_CACHE);
    await fetches[0]!.end(failed());
    expect(await result).toMatchObject({ kind: 'gone', cache: { servedTtlMs: 200 } });
  });

  it('does not get an old entry of another replica', async () => {
    const { clock, begin, fetches, entry } = setUp({
      get: () => Promise.resolve(found('theirs', 1_000_000)),
      set: () => Promise.resolve(),
      lock: () =>
        Promise.resolve({
          state: 'acquired',
          release: () => Promise.resolve(),
          renew: () => Promise.resolve(),
        }),
    });
    clock.advance(600);
    expect(await (await begin()).result).toMatchObject({ entry: { body: 'theirs' } });
    const { result } = await begin(undefined, NO_CACHE);
    await fetches[0]!.end(entry('ours'));
    expect(await result).toMatchObject({ entry: { body: 'ours' } });
  });

  it('gets the new entry of another replica without a fetch', async () => {
    let theirs = found('old', 1_000_000);
    const { clock, begin, fetches } = setUp({
      get: () => Promise.resolve(theirs),
      set: () => Promise.resolve(),
      lock: () => Promise.resolve({ state: 'taken' }),
    });
    clock.advance(600);
    await (
      await begin()
    ).result;
    theirs = found('new', clock.wallTime());
    expect(await (await begin(undefined, NO_CACHE)).result).toMatchObject({
      entry: { body: 'new' },
      cache: { kind: 'hit' },
    });
    expect(fetches).toHaveLength(0);
  });
});

describe('a caller that accepts only a stored answer', () => {
  const ONLY_IF_CACHED = { onlyIfCached: true };

  it.each([
    ['fresh', 900],
    ['stale', 2900],
    ['kept for errors', 10_900],
  ])('gets a %s entry, without a fetch', async (_name, ageMs) => {
    const { begin, cached, fetches } = setUp();
    await cached(ageMs);
    expect(await (await begin(undefined, ONLY_IF_CACHED)).result).toMatchObject({ kind: 'found', ageMs });
    expect(fetches).toHaveLength(0);
  });

  it.each([
    ['there is no entry', undefined, ONLY_IF_CACHED],
    ['the entry is too stale', 11_000, ONLY_IF_CACHED],
    ['the entry is older than the caller accepts', 501, { ...ONLY_IF_CACHED, maxAgeMs: 500 }],
  ])('gets none if %s, without a fetch', async (_name, ageMs, directives) => {
    const { begin, cached, fetches } = setUp();
    if (ageMs !== undefined) await cached(ageMs);
    expect(await (await begin(undefined, directives)).result).toStrictEqual({
      kind: 'not-cached',
      cache: { kind: 'not-cached' },
      calls: [],
    });
    expect(fetches).toHaveLength(0);
  });

  it('learns that nothing exists only while that is fresh', async () => {
    const { begin, cached, clock } = setUp();
    await cached(499, gone(clock.wallTime()));
    expect(await (await begin(undefined, ONLY_IF_CACHED)).result).toMatchObject({ kind: 'gone' });
    clock.advance(1);
    expect(await (await begin(undefined, ONLY_IF_CACHED)).result).toMatchObject({ kind: 'not-cached' });
  });
});
