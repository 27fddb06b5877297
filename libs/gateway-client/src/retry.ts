import { MAX_TIMER_MS } from './clock.js';
import type { GatewayError } from './gateway-error.js';

/** The wait without `Retry-After`, before jitter. */
const DEFAULT_WAIT_MS = 100;

/**
 * The jitter: a random part of the wait, so that many clients do not come back at the same moment. It is up to a fifth of a
 * long wait, and up to 200 ms of a short one.
 */
const MIN_JITTER_MS = 200;
const JITTER_RATIO = 0.2;

/**
 * How long to wait before the retry, in milliseconds. Undefined if there is no retry. Only a 429, a 503 and a failed
 * connection are retried: the gateway has already retried everything else. The wait is never shorter than `Retry-After`.
 *
 * @param maxMs the longest wait, with jitter; 0 turns the retry off
 * @param random returns a number from 0 to 1, as `Math.random` does
 */
export function retryDelayMs(
  { code, status, retryAfterMs }: GatewayError,
  maxMs: number,
  random: () => number,
): number | undefined {
  if (maxMs <= 0 || (code !== 'network-error' && status !== 429 && status !== 503)) return undefined;
  const leastMs = retryAfterMs ?? DEFAULT_WAIT_MS;
  const mostMs = Math.min(maxMs, MAX_TIMER_MS);
  if (leastMs > mostMs) return undefined;
  const jitterMs = random() * Math.max(MIN_JITTER_MS, JITTER_RATIO * leastMs);
  return Math.min(leastMs + jitterMs, mostMs);
}

/**
 * Reads a `Retry-After` header (RFC 9110, section 10.2.3) as milliseconds from now. Null if it is neither a number of
 * seconds nor a date.
 *
 * @param now epoch milliseconds
 */
export function parseRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // Without this check, Date.parse would read "-1" as a year.
  const time = value.endsWith(' GMT') ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? null : Math.max(0, time - now);
}
