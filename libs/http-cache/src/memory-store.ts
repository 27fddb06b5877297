import { LRUCache } from 'lru-cache';

import { type Entry, isFromTheFuture } from './entry.js';

/** The entries of this process: so many, the least recently used go first. */
export class MemoryStore {
  private readonly entries: LRUCache<string, Entry> | undefined;

  /** @param maxEntries 0 keeps none */
  constructor(maxEntries: number) {
    this.entries = maxEntries > 0 ? new LRUCache<string, Entry>({ max: maxEntries }) : undefined;
  }

  get(id: string): Entry | undefined {
    return this.entries?.get(id);
  }

  /**
   * An older entry never replaces a newer one: a slow answer must not undo what was learned since.
   *
   * @param now in epoch milliseconds
   */
  set(id: string, entry: Entry, now: number): void {
    const known = this.entries?.peek(id);
    if (known && known.storedAt > entry.storedAt && !isFromTheFuture(known, now)) return;
    this.entries?.set(id, entry);
  }
}
