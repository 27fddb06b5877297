import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Linked, LinkedList } from './linked-list.js';

class Item implements Linked<Item> {
  previous: Item | undefined;
  next: Item | undefined;
}

function itemsOf(list: LinkedList<Item>): Item[] {
  const items: Item[] = [];
  for (let item = list.first; item; item = item.next) items.push(item);
  return items;
}

function itemsBackwards(list: LinkedList<Item>): Item[] {
  const items: Item[] = [];
  for (let item = list.last; item; item = item.previous) items.push(item);
  return items;
}

describe('LinkedList', () => {
  it('keeps the order of its items after any removals, also of items that are added again', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(1000)), { maxLength: 50 }), (removals) => {
        const list = new LinkedList<Item>();
        let items: Item[] = [];
        let removed: Item | undefined;
        for (const index of removals) {
          const item = index === null ? undefined : items[index % items.length];
          if (item) {
            list.remove(item);
            items = items.filter((each) => each !== item);
            removed = item;
          } else {
            items.push(removed ?? new Item());
            list.push(items.at(-1)!);
            removed = undefined;
          }
          expect(list.size).toBe(items.length);
          expect(itemsOf(list).every((each, n) => each === items[n])).toBe(true);
          expect(itemsBackwards(list).every((each, n) => each === items.at(-1 - n))).toBe(true);
          expect(itemsOf(list)).toHaveLength(items.length);
          expect(itemsBackwards(list)).toHaveLength(items.length);
        }
      }),
    );
  });
});
