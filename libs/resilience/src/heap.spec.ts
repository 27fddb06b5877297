import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Heap, type HeapItem } from './heap.js';

class Item implements HeapItem {
  heapIndex = 0;
  constructor(public rank: number) {}
}

const changes = fc.array(
  fc.record({
    kind: fc.constantFrom('push', 'push', 'remove', 'update'),
    rank: fc.nat(20),
    which: fc.nat(1000),
  }),
  { maxLength: 100 },
);

describe('Heap', () => {
  it('has the item with the lowest rank at its top, after any pushes, removals and updates', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const heap = new Heap<Item>((a, b) => a.rank < b.rank);
        const items: Item[] = [];
        for (const { kind, rank, which } of all) {
          const item = items[which % items.length];
          if (!item || kind === 'push') {
            items.push(new Item(rank));
            heap.push(items.at(-1)!);
          } else if (kind === 'remove') {
            heap.remove(item);
            items.splice(items.indexOf(item), 1);
          } else {
            item.rank = rank;
            heap.update(item);
          }
          expect(heap.size).toBe(items.length);
          expect(heap.top?.rank).toBe(items.map((each) => each.rank).toSorted((a, b) => a - b)[0]);
          expect(new Set(items.map((_, index) => heap.at(index)))).toStrictEqual(new Set(items));
        }
      }),
    );
  });
});
