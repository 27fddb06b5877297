import { LRUCache } from 'lru-cache';

/** What a cache may hold. With 0 for either, it holds nothing. */
export interface CacheBounds {
  readonly maxEntries: number;
  /** In bytes of memory, as {@link BoundedCache.set} counts them. */
  readonly maxBytes: number;
}

/** Sorts keys into a few kinds, for which a cache has separate figures. */
export interface KeyKinds {
  /** All kinds, so that each has figures from the start. */
  readonly names: readonly string[];
  readonly of: (key: string) => string;
}

/** What a cache holds of one kind. */
export interface CacheFigures {
  readonly entries: number;
  readonly bytes: number;
  /** How many values were evicted since the start. A value that is too large to be kept counts too. */
  readonly evictions: number;
}

type Counters = { -readonly [Name in keyof CacheFigures]: CacheFigures[Name] };

interface Kept<Value> {
  readonly value: Value;
  readonly bytes: number;
  readonly counters: Counters;
}

/** What a key costs besides its text, in bytes: its places in the tables of the cache, and a {@link Kept}. */
const BYTES_PER_KEY = 180;

/** Values in a bounded part of the memory. The least recently used values are evicted. */
export class BoundedCache<Value> {
  private readonly kept: LRUCache<string, Kept<Value>> | undefined;
  private readonly counters = new Map<string, Counters>();
  private readonly maxBytesOfOne: number;

  /** @param maxShare the part of `maxBytes` that one value may take, at most 1. A larger value is not kept */
  constructor(
    { maxEntries, maxBytes }: CacheBounds,
    private readonly kinds: KeyKinds,
    maxShare = 1,
  ) {
    for (const kind of kinds.names) this.countersOf(kind);
    this.maxBytesOfOne = maxBytes * maxShare;
    if (maxEntries === 0 || maxBytes === 0) return;
    this.kept = new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      sizeCalculation: ({ bytes }) => bytes,
      onInsert: ({ bytes, counters }) => {
        counters.entries += 1;
        counters.bytes += bytes;
      },
      dispose: ({ bytes, counters }, _key, reason) => {
        counters.entries -= 1;
        counters.bytes -= bytes;
        if (reason === 'evict') counters.evictions += 1;
      },
    });
  }

  /** By kind. */
  get figures(): Readonly<Record<string, CacheFigures>> {
    return Object.fromEntries([...this.counters].map(([kind, counters]) => [kind, { ...counters }]));
  }

  get(key: string): Value | undefined {
    return this.kept?.get(key)?.value;
  }

  /** As `get`, but does not count as a use of the value. */
  peek(key: string): Value | undefined {
    return this.kept?.peek(key)?.value;
  }

  /** @param bytes what the value costs in memory, without its key */
  set(key: string, value: Value, bytes: number): void {
    if (!this.kept) return;
    const counters = this.countersOf(this.kinds.of(key));
    const total = BYTES_PER_KEY + bytesOf(key) + bytes;
    if (total > this.maxBytesOfOne) {
      this.kept.delete(key);
      counters.evictions += 1;
    } else this.kept.set(key, { value, bytes: total, counters });
  }

  delete(key: string): void {
    this.kept?.delete(key);
  }

  /** Removes the least recently used values as long as they are dead, up to the first one that is not. */
  removeWhile(isDead: (value: Value) => boolean): void {
    if (!this.kept) return;
    for (const [key, { value }] of this.kept.rentries() as Generator<[string, Kept<Value>]>) {
      if (!isDead(value)) return;
      this.kept.delete(key);
    }
  }

  private countersOf(kind: string): Counters {
    let counters = this.counters.get(kind);
    if (!counters) {
      counters = { entries: 0, bytes: 0, evictions: 0 };
      this.counters.set(kind, counters);
    }
    return counters;
  }
}

const WIDE = /[^\0-\xff]/;

/** What a text takes in memory: V8 keeps a text in two bytes for each character if one of them needs two. */
export function bytesOf(text: string): number {
  return WIDE.test(text) ? 2 * text.length : text.length;
}
