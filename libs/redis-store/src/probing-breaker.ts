import type { Clock } from '@app/resilience';

/** How many failures in a row open the breaker. */
const MAX_FAILURES = 3;

/** How long the breaker stays open before a probe, in milliseconds. */
const OPEN_MS = 1000;

/**
 * Opens after three failures in a row. While it is open, one operation a second runs as a probe, and the first probe that
 * succeeds closes it.
 *
 * It is simpler than the upstream's breaker because Redis is optional. An open upstream breaker costs callers errors, so it
 * needs a failure ratio over a window of many calls. An open Redis breaker only costs some more upstream calls.
 */
export class ProbingBreaker {
  private failures = 0;
  private openUntil: number | undefined;
  private isProbing = false;

  constructor(private readonly clock: Clock) {}

  get isOpen(): boolean {
    return this.openUntil !== undefined;
  }

  /** Whether an operation may begin now. */
  get admits(): boolean {
    return this.openUntil === undefined || (!this.isProbing && this.clock.now() >= this.openUntil);
  }

  /**
   * Begins an operation that is admitted. The returned function ends it, must be called once, and tells whether the operation
   * has opened the breaker or, as a probe, kept it open.
   *
   * @returns a function whose argument is undefined if the result says nothing
   */
  begin(): (succeeded: boolean | undefined) => boolean {
    const isProbe = this.openUntil !== undefined;
    this.isProbing = isProbe;
    return (succeeded) => {
      if (isProbe) this.isProbing = false;
      // An operation that began before the breaker opened says nothing about a recovery.
      if (succeeded === undefined || (!isProbe && this.isOpen)) return false;
      this.failures = succeeded ? 0 : this.failures + 1;
      this.openUntil = this.failures < MAX_FAILURES ? undefined : this.clock.now() + OPEN_MS;
      return this.isOpen;
    };
  }
}
