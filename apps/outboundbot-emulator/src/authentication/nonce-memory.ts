const windowMs = 15 * 60 * 1000;
const defaultCapacity = 1_000_000;

/**
 * Remembers the used signature nonces, so that a replayed call is refused.
 *
 * A nonce is forgotten after 15 minutes, when the timestamp of its call has expired as well. The capacity limits the
 * memory during a benchmark: beyond it the oldest nonces are forgotten early.
 */
export class NonceMemory {
  /** In order of use, so the oldest come first. */
  private readonly usedAt = new Map<string, number>();

  constructor(private readonly capacity = defaultCapacity) {}

  /** How many nonces are remembered. */
  get size(): number {
    return this.usedAt.size;
  }

  /** Marks a nonce as used at `now` (epoch milliseconds). Returns false when the nonce was used in the last 15 minutes. */
  use(nonce: string, now: number): boolean {
    this.forget(now - windowMs);
    if (this.usedAt.has(nonce)) return false;
    this.usedAt.set(nonce, now);
    return true;
  }

  private forget(before: number): void {
    for (const [nonce, at] of this.usedAt) {
      if (at >= before && this.usedAt.size < this.capacity) return;
      this.usedAt.delete(nonce);
    }
  }
}
