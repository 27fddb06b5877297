import type { Clock } from './clock.js';

/** Time that passes only when someone sleeps or `advance` is called. Remembers every sleep. */
export class FakeClock implements Clock {
  readonly sleeps: number[] = [];

  constructor(private time = 0) {}

  now(): number {
    return this.time;
  }

  sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.advance(ms);
    return Promise.resolve();
  }

  advance(ms: number): void {
    this.time += ms;
  }
}
