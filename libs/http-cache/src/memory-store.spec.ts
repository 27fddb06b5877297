import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Entry, found, gone } from './entry.js';
import { MemoryStore } from './memory-store.js';

const NOW = 1000;
const RETENTION_MS = 10_000;
const KINDS = { names: ['short', 'long'], of: (key: string) => (key.length < 3 ? 'short' : 'long') };

const storeOf = (bounds: { maxEntries?: number; maxBytes?: number } = {}): MemoryStore =>
  new MemoryStore({ maxEntries: 2, maxBytes: 100_000, ...bounds }, KINDS, RETENTION_MS);

describe('MemoryStore', () => {
  it('evicts the least recently used entry beyond the limit', () => {
    const store = storeOf();
    store.set('a', found('A', 1), NOW);
    store.set('b', found('B', 1), NOW);
    store.get('a');
    store.set('c', found('C', 1), NOW);
    expect(['a', 'b', 'c'].map((key) => store.get(key))).toMatchObject([
      { body: 'A' },
      undefined,
      { body: 'C' },
    ]);
    expect(store.figures).toMatchObject({ short: { entries: 2, evictions: 1 }, missing: { entries: 0 } });
  });

  it.each([
    ['without entries', { maxEntries: 0 }, undefined],
    ['without bytes, except what is missing', { maxBytes: 0 }, gone(1)],
  ])('keeps nothing %s', (_, bounds, missing) => {
    const store = storeOf(bounds);
    store.set('a', found('A', 1), NOW);
    store.set('b', gone(1), NOW);
    expect([store.get('a'), store.get('b')]).toStrictEqual([undefined, missing]);
  });

  it('never lets an older answer undo a newer one', () => {
    const store = storeOf();
    store.set('a', gone(2), NOW);
    store.set('a', found('{}', 1), NOW);
    expect(store.get('a')).toStrictEqual(gone(2));
    store.set('a', found('{}', 3), NOW);
    expect(store.get('a')).toMatchObject({ kind: 'found', storedAt: 3 });
    store.set('a', gone(3), NOW);
    expect(store.get('a')).toStrictEqual(gone(3));
    expect(store.figures).toMatchObject({ short: { entries: 0, evictions: 0 }, missing: { entries: 1 } });
  });

  it('replaces an entry that is dated in the future: its clock was wrong', () => {
    const store = storeOf();
    store.set('a', found('{}', NOW + 60_000), NOW);
    store.set('a', gone(NOW), NOW);
    expect(store.get('a')).toStrictEqual(gone(NOW));
  });

  it('never evicts an entry for the ids that do not exist, however many are asked for', () => {
    const store = storeOf();
    store.set('a', found('A', 1), NOW);
    for (let id = 0; id < 1000; id += 1) store.set(`id-${id}`, gone(1), NOW);
    expect(store.get('a')).toMatchObject({ body: 'A' });
    expect(store.figures).toMatchObject({
      short: { entries: 1, evictions: 0 },
      missing: { entries: 2, evictions: 998 },
    });
  });

  it('does not keep an entry that would take more than half of the memory', () => {
    const store = storeOf();
    store.set('a', found('A', 1), NOW);
    store.set('list', found('x'.repeat(50_000), 1), NOW);
    expect([store.get('a'), store.get('list')]).toMatchObject([{ body: 'A' }, undefined]);
    store.set('list', found('x'.repeat(49_000), 1), NOW);
    expect([store.get('a'), store.get('list')]).toMatchObject([{ body: 'A' }, { kind: 'found' }]);
    expect(store.figures).toMatchObject({ short: { evictions: 0 }, long: { entries: 1, evictions: 1 } });
  });

  it('drops entries that are too old for any use when it gets another one', () => {
    const store = storeOf({ maxEntries: 10 });
    store.set('a', found('A', NOW), NOW);
    store.set('b', gone(NOW), NOW);
    store.set('c', found('C', NOW + 1), NOW + 1);
    store.set('d', gone(NOW + 1), NOW + RETENTION_MS);
    expect(store.figures).toMatchObject({
      short: { entries: 1, evictions: 0 },
      missing: { entries: 1, evictions: 0 },
    });
    expect(store.get('c')).toMatchObject({ body: 'C' });
    expect(store.get('d')).toStrictEqual(gone(NOW + 1));
  });

  it('does not keep an entry that is too old for any use', () => {
    const store = storeOf();
    store.set('a', found('A', NOW), NOW + RETENTION_MS);
    store.set('b', gone(NOW), NOW + RETENTION_MS);
    expect([store.get('a'), store.get('b')]).toStrictEqual([undefined, undefined]);
  });

  it('has the newest entry of a key or none, and stays within its bounds, whatever it gets', () => {
    const entry = fc.oneof(
      fc.tuple(fc.nat(400), fc.nat(100)).map(([length, at]): Entry => found('x'.repeat(length), at)),
      fc.nat(100).map((at): Entry => gone(at)),
    );
    const put = fc.tuple(fc.constantFrom('a', 'b', 'c', 'long', 'longer'), entry);
    fc.assert(
      fc.property(fc.array(put, { maxLength: 40 }), (puts) => {
        const bounds = { maxEntries: 3, maxBytes: 2000 };
        const store = storeOf(bounds);
        const newest = new Map<string, number>();
        for (const [key, each] of puts) {
          const known = store.get(key);
          store.set(key, each, NOW);
          if (known && known.storedAt > each.storedAt) expect(store.get(key)).toBe(known);
          newest.set(key, Math.max(each.storedAt, known?.storedAt ?? 0));
          const { short, long, missing } = store.figures;
          expect(short!.bytes + long!.bytes).toBeLessThanOrEqual(bounds.maxBytes);
          expect(short!.entries + long!.entries).toBeLessThanOrEqual(bounds.maxEntries);
          expect(missing!.entries).toBeLessThanOrEqual(bounds.maxEntries);
          for (const [name, storedAt] of newest)
            expect([undefined, storedAt]).toContain(store.get(name)?.storedAt);
        }
      }),
    );
  });
});
