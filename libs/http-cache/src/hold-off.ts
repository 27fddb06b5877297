import type { Clock } from '@app/resilience';
import { LRUCache } from 'lru-cache';

const MAX_KEYS = 10_000;

/** Keys for which the upstream must not be asked for a while. */
export class HoldOff {
  private readonly endsAt = new LRUCache<string, number>({ max: MAX_KEYS });

  constructor(private readonly clock: Clock) {}

  /** @param ms from now, in milliseconds */
  start(key: string, ms: number): void {
    this.endsAt.set(key, this.clock.now() + ms);
  }

  end(key: string): void {
    this.endsAt.delete(key);
  }

  isOn(key: string): boolean {
    return this.clock.now() < (this.endsAt.get(key) ?? 0);
  }
}
