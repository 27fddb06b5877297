import type { Clock } from './clock.js';

/** The moment at which a call must be over, with all its attempts and waits. */
export class Deadline {
  private constructor(
    private readonly clock: Clock,
    private readonly at: number,
  ) {}

  /** @param ms from now, in milliseconds */
  static after(ms: number, clock: Clock): Deadline {
    return new Deadline(clock, clock.now() + ms);
  }

  /** The milliseconds left; 0 or negative after the deadline. */
  remainingMs(): number {
    return this.at - this.clock.now();
  }
}
