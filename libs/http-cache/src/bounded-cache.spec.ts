import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { BoundedCache, bytesOf } from './bounded-cache.js';

/** The kind of a key is its first letter. */
const KINDS = { names: ['a', 'b'], of: (key: string) => key.charAt(0) };
const NONE = { entries: 0, bytes: 0, evictions: 0 };

describe('BoundedCache', () => {
  it('evicts the least recently used value beyond the number of entries', () => {
    const cache = new BoundedCache<number>({ maxEntries: 2, maxBytes: 1e6 }, KINDS);
    cache.set('a1', 1, 10);
    cache.set('a2', 2, 10);
    cache.get('a1');
    cache.peek('a2');
    cache.set('a3', 3, 10);
    expect(['a1', 'a2', 'a3'].map((key) => cache.get(key))).toStrictEqual([1, undefined, 3]);
    expect(cache.figures['a']).toMatchObject({ entries: 2, evictions: 1 });
  });

  it('evicts as many values as the bytes of a new one need', () => {
    const cache = new BoundedCache<number>({ maxEntries: 10, maxBytes: 4000 }, KINDS);
    cache.set('a1', 1, 1000);
    cache.set('a2', 2, 1000);
    cache.set('a3', 3, 2700);
    expect(['a1', 'a2', 'a3'].map((key) => cache.get(key))).toStrictEqual([undefined, undefined, 3]);
    expect(cache.figures['a']).toMatchObject({ entries: 1, evictions: 2 });
  });

  it('does not keep a value that takes more than its share, nor the value that it replaces', () => {
    const cache = new BoundedCache<number>({ maxEntries: 10, maxBytes: 4000 }, KINDS, 1 / 2);
    cache.set('b1', 1, 100);
    cache.set('a1', 1, 100);
    cache.set('a1', 2, 2000);
    expect([cache.get('a1'), cache.get('b1')]).toStrictEqual([undefined, 1]);
    expect(cache.figures['a']).toStrictEqual({ ...NONE, evictions: 1 });
  });

  it('counts the key, and what keeps it, with each value', () => {
    const cache = new BoundedCache<number>({ maxEntries: 10, maxBytes: 4000 }, KINDS);
    cache.set('a', 1, 0);
    const { bytes } = cache.figures['a']!;
    expect(bytes).toBeGreaterThan(100);
    cache.set('a'.repeat(51), 1, 7);
    expect(cache.figures['a']!.bytes).toBe(2 * bytes + 50 + 7);
  });

  it.each([
    { maxEntries: 0, maxBytes: 1000 },
    { maxEntries: 1000, maxBytes: 0 },
  ])('keeps nothing within %o', (bounds) => {
    const cache = new BoundedCache<number>(bounds, KINDS);
    cache.set('a', 1, 1);
    cache.delete('a');
    cache.removeWhile(() => true);
    expect([cache.get('a'), cache.peek('a')]).toStrictEqual([undefined, undefined]);
    expect(cache.figures).toStrictEqual({ a: NONE, b: NONE });
  });

  it('has figures of a kind that it was not told of', () => {
    const cache = new BoundedCache<number>({ maxEntries: 10, maxBytes: 1000 }, KINDS);
    cache.set('c', 1, 1);
    expect(cache.figures['c']).toMatchObject({ entries: 1 });
  });

  it('removes dead values up to the first that is not dead, without counting evictions', () => {
    const cache = new BoundedCache<number>({ maxEntries: 10, maxBytes: 10_000 }, KINDS);
    [1, 2, 5, 1].forEach((value, index) => {
      cache.set(`a${index}`, value, 1);
    });
    cache.removeWhile((value) => value < 3);
    expect(['a0', 'a1', 'a2', 'a3'].map((key) => cache.get(key))).toStrictEqual([undefined, undefined, 5, 1]);
    expect(cache.figures['a']).toMatchObject({ entries: 2, evictions: 0 });
    cache.removeWhile(() => true);
    expect(cache.figures['a']).toStrictEqual(NONE);
  });

  it('never exceeds its bounds, and its figures are the sums of what it holds, whatever happens', () => {
    const key = fc.tuple(fc.constantFrom('a', 'b'), fc.nat(6)).map(([kind, number]) => `${kind}${number}`);
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ set: key, bytes: fc.nat(2500) }) },
      fc.record({ get: key }),
      fc.record({ delete: key }),
      fc.record({ removeBelow: fc.nat(1500) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (steps, maxEntries) => {
        const bounds = { maxEntries, maxBytes: 6000 };
        const cache = new BoundedCache<number>(bounds, KINDS, 1 / 2);
        for (const each of steps) {
          if ('set' in each) cache.set(each.set, each.bytes, each.bytes);
          else if ('get' in each) cache.get(each.get);
          else if ('delete' in each) cache.delete(each.delete);
          else cache.removeWhile((value) => value < each.removeBelow);

          const { a, b } = cache.figures;
          expect(a!.bytes + b!.bytes).toBeLessThanOrEqual(bounds.maxBytes);
          expect(a!.entries + b!.entries).toBeLessThanOrEqual(maxEntries);
          for (const kind of KINDS.names) {
            const held = [0, 1, 2, 3, 4, 5, 6].flatMap((number) => cache.peek(`${kind}${number}`) ?? []);
            const overhead = 182 * held.length;
            expect(cache.figures[kind]).toMatchObject({
              entries: held.length,
              bytes: held.reduce((sum, bytes) => sum + bytes, overhead),
            });
          }
        }
      }),
    );
  });
});

it('a text takes one byte for each character, and two if one of them needs two', () => {
  expect(bytesOf('')).toBe(0);
  expect(bytesOf('abcÿ')).toBe(4);
  expect(bytesOf('abc第')).toBe(8);
});
