import type { Clock } from '@app/resilience';
import { LRUCache } from 'lru-cache';

const MAX_KEYS = 10_000;

/** Remembers for some keys that nothing is to be done before a certain time. */
export class HoldOff {
  private readonly until = new LRUCache<string, number>({ max: MAX_KEYS });

  constructor(private readonly clock: Clock) {}

  /** @param ms from now, in milliseconds */
  start(key: string, ms: number): void {
    this.until.set(key, this.clock.now() + ms);
  }

  /** Whatever was to be waited for is over. */
  end(key: string): void {
    this.until.delete(key);
  }

  isOn(key: string): boolean {
    return this.clock.now() < (this.until.get(key) ?? 0);
  }
}
