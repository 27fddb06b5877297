/** Both in milliseconds. */
export interface BackoffOptions {
  readonly baseMs: number;
  readonly capMs: number;
}

/** How much longer a throttled call waits than a failed one. */
const LONGER = 5;

/**
 * Exponential backoff with full jitter: anywhere from nothing to `base * 2^(retry - 1)`, capped. Spreading over the
 * whole range is what keeps callers that failed together from coming back together.
 *
 * @param retry 1 for the first retry
 * @param longer after throttling: the same with five times the base
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
