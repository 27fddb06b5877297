/** The base and the cap of the waits, in milliseconds. */
export interface BackoffOptions {
  readonly baseMs: number;
  readonly capMs: number;
}

/** The wait after throttling is this many times as long as after a failure. */
const LONGER = 5;

/**
 * Exponential backoff with full jitter: a random wait between 0 and `base * 2^(retry - 1)`, capped. Calls that failed
 * at the same time are therefore not repeated at the same time.
 *
 * @param retry 1 for the first retry
 * @param longer true after throttling: five times the base
 * @param random a number from 0 (inclusive) to 1 (exclusive)
 */
export function backoffMs(
  retry: number,
  { baseMs, capMs }: BackoffOptions,
  longer: boolean,
  random: () => number,
): number {
  const ceiling = Math.min(capMs, baseMs * (longer ? LONGER : 1) * 2 ** (retry - 1));
  return random() * ceiling;
}
