import type { Clock } from '../clock.js';

/** Records each sleep and ends it at once. */
export class FakeClock implements Clock {
  readonly slept: number[] = [];
  private time = Date.parse('2026-01-01T00:00:00Z');

  now(): number {
    return this.time;
  }

  sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.time += ms;
    return Promise.resolve();
  }
}
