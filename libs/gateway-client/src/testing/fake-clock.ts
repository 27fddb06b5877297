import type { Clock } from '../clock.js';

/** Sleeps for no time at all, and keeps a record of it. */
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
