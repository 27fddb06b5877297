const windowMs = 15 * 60 * 1000;
const defaultCapacity = 1_000_000;

/**
 * Remembers which signature nonces were spent, so that a captured call cannot be sent twice.
 *
 * A nonce is forgotten after 15 minutes, when its timestamp is refused anyway. The capacity bounds the memory under
 * a benchmark: beyond it the oldest nonces are forgotten early.
 */
export class NonceMemory {
  /** In order of use, so the oldest come first. */
  private readonly usedAt = new Map<string, number>();

  constructor(private readonly capacity = defaultCapacity) {}

  /** How many nonces are remembered. */
  get size(): number {
    return this.usedAt.size;
  }

  /** Spends a nonce at `now` (epoch milliseconds). False when it was spent in the last 15 minutes. */
  spend(nonce: string, now: number): boolean {
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
