import type { GatewayError } from './gateway-error.js';

/** The wait before the retry if nobody asks for one: from the first to the second, so that callers do not come at once. */
const SHORT_WAIT_MS = [100, 300] as const;

/** A longer one would go off at once (HTML Standard, section 8.7: the delay is a 32-bit integer). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * How long to wait before the one retry, in milliseconds; undefined if there is none to be. Only what time can cure is
 * asked for again: 429, 503, and a connection that failed. The gateway has retried everything else itself.
 *
 * @param maxMs the longest wait; 0 for no retry
 * @param random from 0 to 1, as `Math.random`
 */
export function retryDelayMs(
  { code, status, retryAfterMs }: GatewayError,
  maxMs: number,
  random: () => number,
): number | undefined {
  if (maxMs <= 0 || (code !== 'network-error' && status !== 429 && status !== 503)) return undefined;
  const [least, most] = SHORT_WAIT_MS;
  const delayMs = retryAfterMs ?? least + random() * (most - least);
  return delayMs <= Math.min(maxMs, LONGEST_TIMER_MS) ? delayMs : undefined;
}

/**
 * Reads a `Retry-After` header (RFC 9110, section 10.2.3) as milliseconds from now, null if it has neither form.
 *
 * @param now epoch milliseconds
 */
export function parseRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // Date.parse alone would take "-1" for a year.
  const time = value.endsWith(' GMT') ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? null : Math.max(0, time - now);
}
