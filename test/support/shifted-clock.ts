import { type Clock, systemClock } from '@app/resilience';

/** Real time, which a test can put forward. */
export class ShiftedClock implements Clock {
  private shift = 0;

  now(): number {
    return systemClock.now() + this.shift;
  }

  wallTime(): number {
    return systemClock.wallTime() + this.shift;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }

  advance(ms: number): void {
    this.shift += ms;
  }
}
