import type { Clock } from './clock.js';

/**
 * Time that passes only when `advance` is called. With `autoAdvance` whoever sleeps makes it pass, which suits a
 * single flow. Remembers every sleep.
 */
export class FakeClock implements Clock {
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
