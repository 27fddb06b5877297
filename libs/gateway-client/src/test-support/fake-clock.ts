import type { Clock } from '../clock.js';

/** Records each sleep and ends it at once. Timers end only when a test advances the time. */
export class FakeClock implements Clock {
  readonly slept: number[] = [];
  private readonly timers = new Map<() => void, number>();
  private time = Date.parse('2026-01-01T00:00:00Z');

  now(): number {
    return this.time;
  }

  sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.advance(ms);
    return Promise.resolve();
  }

  startTimer(ms: number, onEnd: () => void): () => void {
    this.timers.set(onEnd, this.time + ms);
    return () => {
      this.timers.delete(onEnd);
    };
  }

  advance(ms: number): void {
    this.time += ms;
    for (const [onEnd, end] of this.timers) {
      if (end > this.time) continue;
      this.timers.delete(onEnd);
      onEnd();
    }
  }

  /** How many timers have neither ended nor been cancelled. */
  get running(): number {
    return this.timers.size;
  }
}
