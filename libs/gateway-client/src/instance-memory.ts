import type { Instance } from './instance.js';

export interface RememberedInstance {
  /** As the gateway sent it. */
  readonly etag: string;
  readonly instance: Instance;
}

/** The instances that were read last, by id: at most `size`, those that nobody asked for the longest go first. */
export class InstanceMemory {
  /** In the order of their last use, which is that of a Map's insertion. */
  private readonly entries = new Map<string, RememberedInstance>();

  /** @throws RangeError if the size is none */
  constructor(private readonly size: number) {
    if (!(size >= 0)) throw new RangeError('maxRemembered must not be negative.');
  }

  recall(id: string): RememberedInstance | undefined {
    const entry = this.entries.get(id);
    if (entry) this.remember(id, entry);
    return entry;
  }

  remember(id: string, entry: RememberedInstance): void {
    this.entries.delete(id);
    this.entries.set(id, entry);
    if (this.entries.size <= this.size) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }

  forget(id: string): void {
    this.entries.delete(id);
  }
}
