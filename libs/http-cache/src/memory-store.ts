import { LRUCache } from 'lru-cache';

import { type Entry, isFromTheFuture } from './entry.js';

/** Entries in the memory of this process. Beyond the limit the least recently used entry is evicted. */
export class MemoryStore {
  private readonly entries: LRUCache<string, Entry> | undefined;

  /** @param maxEntries 0 keeps no entry */
  constructor(maxEntries: number) {
    this.entries = maxEntries > 0 ? new LRUCache<string, Entry>({ max: maxEntries }) : undefined;
  }

  get(key: string): Entry | undefined {
    return this.entries?.get(key);
  }

  /**
   * Keeps an entry unless a newer one is there: a slow answer must not undo a later one.
   *
   * @param now in Unix milliseconds
   */
  set(key: string, entry: Entry, now: number): void {
    const known = this.entries?.peek(key);
    if (known && known.storedAt > entry.storedAt && !isFromTheFuture(known, now)) return;
    this.entries?.set(key, entry);
  }
}
