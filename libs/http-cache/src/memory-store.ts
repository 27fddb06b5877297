import {
  BoundedCache,
  bytesOf,
  type CacheBounds,
  type CacheFigures,
  type KeyKinds,
} from './bounded-cache.js';
import { type Entry, type Found, type Gone, isFromTheFuture } from './entry.js';

/** The kind of all `gone` entries, whatever their keys are. */
const MISSING = 'missing';

/** What an entry costs besides its body, in bytes: the object, its time, its entity tag and the head of its text. */
const BYTES_PER_FOUND = 250;
const BYTES_PER_GONE = 40;

/**
 * No entry takes more than this part of the memory: one long list must not evict all other entries at once. A larger
 * entry is not kept.
 */
const MAX_SHARE = 1 / 2;

/**
 * Entries in the memory of this process.
 *
 * `gone` entries have a place of their own, so that a caller that asks for random ids cannot evict what exists.
 */
export class MemoryStore {
  private readonly found: BoundedCache<Found>;
  private readonly gone: BoundedCache<Gone>;

  /**
   * @param bounds of the `found` entries. There may be as many `gone` entries beside them
   * @param retentionMs how long an entry is useful, in milliseconds
   */
  constructor(
    bounds: CacheBounds,
    kinds: KeyKinds,
    private readonly retentionMs: number,
  ) {
    this.found = new BoundedCache(bounds, kinds, MAX_SHARE);
    this.gone = new BoundedCache(
      { maxEntries: bounds.maxEntries, maxBytes: Number.MAX_SAFE_INTEGER },
      { names: [MISSING], of: () => MISSING },
    );
  }

  /** By kind. */
  get figures(): Readonly<Record<string, CacheFigures>> {
    return { ...this.found.figures, ...this.gone.figures };
  }

  get(key: string): Entry | undefined {
    return this.found.get(key) ?? this.gone.get(key);
  }

  /**
   * Keeps an entry unless a newer one is there, because a slow answer must not undo a later one. An entry that is too old for
   * any use is not kept.
   *
   * @param now in Unix milliseconds
   */
  set(key: string, entry: Entry, now: number): void {
    const isDead = ({ storedAt }: Entry): boolean => now - storedAt >= this.retentionMs;
    if (isDead(entry)) return;
    const known = this.found.peek(key) ?? this.gone.peek(key);
    if (known && known.storedAt > entry.storedAt && !isFromTheFuture(known, now)) return;
    // Entries that are too old for any use make room before useful ones do.
    this.found.removeWhile(isDead);
    this.gone.removeWhile(isDead);
    if (entry.kind === 'found') {
      this.gone.delete(key);
      this.found.set(key, entry, BYTES_PER_FOUND + bytesOf(entry.body));
    } else {
      this.found.delete(key);
      this.gone.set(key, entry, BYTES_PER_GONE);
    }
  }
}
