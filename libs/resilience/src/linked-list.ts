/** An item that is in at most one list at a time. Only the list writes these members. */
export interface Linked<T> {
  previous?: T | undefined;
  next?: T | undefined;
}

/** A doubly linked list. Adding an item, and removing one from any place, takes the same time for any length. */
export class LinkedList<T extends Linked<T>> {
  first: T | undefined;
  last: T | undefined;
  size = 0;

  push(item: T): void {
    item.previous = this.last;
    item.next = undefined;
    if (this.last) this.last.next = item;
    else this.first = item;
    this.last = item;
    this.size += 1;
  }

  /** @param item an item of this list */
  remove(item: T): void {
    const { previous, next } = item;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    else this.last = previous;
    this.size -= 1;
  }
}
