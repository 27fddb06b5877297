/** What the client keeps of an answer for conditional requests. */
export interface RememberedAnswer {
  /** The `ETag` header as the gateway sent it. */
  readonly etag: string;
  /** What was read from the answer's body. */
  readonly value: unknown;
}

/** A cache of answers by path and query. It holds at most `size`, and evicts the least recently used. */
export class EtagMemory {
  /** A Map keeps the order of insertion, and every use inserts an entry again: the first entry is the least recent. */
  private readonly entries = new Map<string, RememberedAnswer>();

  /** @throws RangeError if the size is negative or NaN */
  constructor(private readonly size: number) {
    if (!(size >= 0)) throw new RangeError('maxRemembered must not be negative.');
  }

  get(path: string): RememberedAnswer | undefined {
    const entry = this.entries.get(path);
    if (entry) this.set(path, entry);
    return entry;
  }

  set(path: string, entry: RememberedAnswer): void {
    this.entries.delete(path);
    this.entries.set(path, entry);
    if (this.entries.size <= this.size) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }

  delete(path: string): void {
    this.entries.delete(path);
  }
}
