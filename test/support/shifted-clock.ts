import { type Clock, systemClock } from '@app/resilience';

/** Real time that a test can advance. A sleep whose end is then in the past ends at once. */
export class ShiftedClock implements Clock {
  private shift = 0;
  private readonly sleeps = new Set<AbortController>();

  now(): number {
    return systemClock.now() + this.shift;
  }

  wallTime(): number {
    return systemClock.wallTime() + this.shift;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const end = this.now() + ms;
    while (this.now() < end && signal?.aborted !== true) {
      const advanced = new AbortController();
      this.sleeps.add(advanced);
      const signals = signal ? [signal, advanced.signal] : [advanced.signal];
      await systemClock.sleep(end - this.now(), AbortSignal.any(signals));
      this.sleeps.delete(advanced);
    }
  }

  advance(ms: number): void {
    this.shift += ms;
    for (const sleep of this.sleeps) sleep.abort();
  }
}
