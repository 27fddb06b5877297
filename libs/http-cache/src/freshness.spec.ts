import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { found, gone } from './entry.js';
import { Freshness } from './freshness.js';

const OPTIONS = { freshMs: 5000, staleWhileRevalidateMs: 30_000, staleIfErrorMs: 300_000, notFoundMs: 2000 };
const freshness = new Freshness(OPTIONS);
const entry = found('{}', 1_000_000);
const at = (ageMs: number): number => entry.storedAt + ageMs;

describe('Freshness', () => {
  it('is fresh until its time is up, not a millisecond longer', () => {
    expect(freshness.isFresh(entry, at(4999))).toBe(true);
    expect(freshness.isFresh(entry, at(5000))).toBe(false);
  });

  it('may be served while it is revalidated, counted from the end of freshness', () => {
    expect(freshness.mayServeWhileRevalidating(entry, at(34_999))).toBe(true);
    expect(freshness.mayServeWhileRevalidating(entry, at(35_000))).toBe(false);
  });

  it('may be served on an error, counted from the end of freshness', () => {
    expect(freshness.mayServeOnError(entry, at(304_999))).toBe(true);
    expect(freshness.mayServeOnError(entry, at(305_000))).toBe(false);
  });

  it('believes "there is nothing" for its own short time, and never serves it stale', () => {
    const nothing = gone(entry.storedAt);
    expect(freshness.isFresh(nothing, at(1999))).toBe(true);
    expect(freshness.isFresh(nothing, at(2000))).toBe(false);
    expect(freshness.mayServeWhileRevalidating(nothing, at(2000))).toBe(false);
    expect(freshness.mayServeOnError(nothing, at(2000))).toBe(false);
  });

  it('turns each time off with 0', () => {
    const off = new Freshness({ freshMs: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, notFoundMs: 0 });
    expect(off.isFresh(entry, at(0))).toBe(false);
    expect(off.mayServeWhileRevalidating(entry, at(0))).toBe(false);
    expect(off.mayServeOnError(entry, at(0))).toBe(false);
    expect(off.isFresh(gone(at(0)), at(0))).toBe(false);
  });

  it('has no negative age, whatever the clocks say', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (storedAt, now) => {
        expect(freshness.age(gone(storedAt), now)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('keeps "there is nothing" as long as an old copy could be served', () => {
    expect(freshness.retentionMs).toBe(305_000);
    expect(new Freshness({ ...OPTIONS, staleIfErrorMs: 0 }).retentionMs).toBe(35_000);
    expect(new Freshness({ ...OPTIONS, notFoundMs: 1e6 }).retentionMs).toBe(1e6);
  });

  it('tells caches downstream the same, in whole seconds', () => {
    expect(freshness.cacheControl('public')).toBe(
      'public, max-age=5, stale-while-revalidate=30, stale-if-error=300',
    );
    expect(new Freshness({ ...OPTIONS, freshMs: 1999 }).cacheControl('private')).toMatch(
      /^private, max-age=1, /,
    );
  });
});
