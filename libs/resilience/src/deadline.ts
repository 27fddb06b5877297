import type { Clock } from './clock.js';

/** The moment by which the whole call must be over, its attempts and waits together. */
export class Deadline {
  private constructor(
    private readonly clock: Clock,
    private readonly at: number,
  ) {}

  /** @param ms from now, in milliseconds */
  static after(ms: number, clock: Clock): Deadline {
    return new Deadline(clock, clock.now() + ms);
  }

  /** Milliseconds left; 0 or less once it has passed. */
  remainingMs(): number {
    return this.at - this.clock.now();
  }
}
