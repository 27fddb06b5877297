/** An item that is in at most one heap at a time. Only the heap writes its index. */
export interface HeapItem {
  heapIndex: number;
}

/**
 * A binary heap that can also remove or move any of its items, each in logarithmic time.
 *
 * Each item knows its own index, because a search for the item would take linear time.
 */
export class Heap<T extends HeapItem> {
  private readonly items: T[] = [];

  /** @param isBefore whether `a` is nearer to the top than `b` */
  constructor(private readonly isBefore: (a: T, b: T) => boolean) {}

  get size(): number {
    return this.items.length;
  }

  get top(): T | undefined {
    return this.items[0];
  }

  /** The item at this index, from 0 to below the size. The order is arbitrary. */
  at(index: number): T | undefined {
    return this.items[index];
  }

  push(item: T): void {
    this.place(item, this.items.length);
    this.moveUp(item);
  }

  /** @param item an item of this heap */
  remove(item: T): void {
    const last = this.items.pop();
    if (!last || last === item) return;
    this.place(last, item.heapIndex);
    this.update(last);
  }

  /**
   * Restores the order after a change to one item.
   *
   * @param item an item of this heap
   */
  update(item: T): void {
    this.moveUp(item);
    this.moveDown(item);
  }

  private moveUp(item: T): void {
    for (;;) {
      const parent = this.items[(item.heapIndex - 1) >> 1];
      if (!parent || !this.isBefore(item, parent)) return;
      this.swap(parent, item);
    }
  }

  private moveDown(item: T): void {
    for (;;) {
      const left = this.items[2 * item.heapIndex + 1];
      if (!left) return;
      const right = this.items[2 * item.heapIndex + 2];
      const child = right && this.isBefore(right, left) ? right : left;
      if (!this.isBefore(child, item)) return;
      this.swap(item, child);
    }
  }

  private swap(a: T, b: T): void {
    const index = a.heapIndex;
    this.place(a, b.heapIndex);
    this.place(b, index);
  }

  private place(item: T, index: number): void {
    this.items[index] = item;
    item.heapIndex = index;
  }
}
