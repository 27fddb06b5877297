import { describe, expect, it } from 'vitest';

import { found, gone } from './entry.js';
import { MemoryStore } from './memory-store.js';

const NOW = 1000;

describe('MemoryStore', () => {
  it('keeps so many entries, and lets the least recently used go', () => {
    const store = new MemoryStore(2);
    store.set('a', gone(1), NOW);
    store.set('b', gone(1), NOW);
    store.get('a');
    store.set('c', gone(1), NOW);
    expect([store.get('a'), store.get('b'), store.get('c')]).toStrictEqual([gone(1), undefined, gone(1)]);
  });

  it('keeps none when told so', () => {
    const store = new MemoryStore(0);
    store.set('a', gone(1), NOW);
    expect(store.get('a')).toBeUndefined();
  });

  it('never lets an older answer undo a newer one', () => {
    const store = new MemoryStore(2);
    store.set('a', gone(2), NOW);
    store.set('a', found('{}', 1), NOW);
    expect(store.get('a')).toStrictEqual(gone(2));
    store.set('a', found('{}', 3), NOW);
    expect(store.get('a')).toMatchObject({ kind: 'found', storedAt: 3 });
    store.set('a', gone(3), NOW);
    expect(store.get('a')).toStrictEqual(gone(3));
  });

  it('lets an entry from the future be replaced: its clock was wrong', () => {
    const store = new MemoryStore(2);
    store.set('a', found('{}', NOW + 60_000), NOW);
    store.set('a', gone(NOW), NOW);
    expect(store.get('a')).toStrictEqual(gone(NOW));
  });
});
