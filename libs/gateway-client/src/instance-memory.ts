import type { Instance } from './instance.js';

export interface RememberedInstance {
  /** The `ETag` header as the gateway sent it. */
  readonly etag: string;
  readonly instance: Instance;
}

/** A cache of instances by id. It holds at most `size`, and evicts the least recently used. */
export class InstanceMemory {
  /** A Map keeps the order of insertion, and every use inserts an entry again: the first entry is the least recent. */
  private readonly entries = new Map<string, RememberedInstance>();

  /** @throws RangeError if the size is negative or NaN */
  constructor(private readonly size: number) {
    if (!(size >= 0)) throw new RangeError('maxRemembered must not be negative.');
  }

  get(id: string): RememberedInstance | undefined {
    const entry = this.entries.get(id);
    if (entry) this.set(id, entry);
    return entry;
  }

  set(id: string, entry: RememberedInstance): void {
    this.entries.delete(id);
    this.entries.set(id, entry);
    if (this.entries.size <= this.size) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }

  delete(id: string): void {
    this.entries.delete(id);
  }
}
