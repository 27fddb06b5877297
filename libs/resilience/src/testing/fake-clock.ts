import type { Clock } from '../clock.js';

/**
 * A clock for tests, whose time passes only when `advance` is called. With `autoAdvance` each sleep makes the time pass at
 * once, which suits a test with a single flow.
 */
export class FakeClock implements Clock {
  /** The length of every sleep so far, in milliseconds. */
  readonly sleeps: number[] = [];
  private readonly sleepers = new Set<{ at: number; wake: () => void }>();

  constructor(
    private time = 0,
    private readonly options: { autoAdvance?: boolean } = {},
  ) {}

  now(): number {
    return this.time;
  }

  wallTime(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    if (signal?.aborted) return Promise.resolve();
    if (this.options.autoAdvance) {
      this.advance(ms);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const sleeper = {
        at: this.time + ms,
        wake: () => {
          this.sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake);
    });
  }

  advance(ms: number): void {
    this.time += ms;
    for (const sleeper of this.sleepers) if (sleeper.at <= this.time) sleeper.wake();
  }
}
