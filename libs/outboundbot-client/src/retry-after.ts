/** Whatever is said, callers are not sent away for longer. */
const LONGEST_MS = 3_600_000;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Reads `x-acs-retry-after`, the upstream's own header: milliseconds, whatever their number.
 *
 * @returns the wait in milliseconds, undefined if there is no usable value
 */
export function acsRetryAfterMs(headers: Headers): number | undefined {
  const value = headers['x-acs-retry-after'];
  return typeof value === 'string' && /^\d+$/.test(value) ? bounded(Number(value)) : undefined;
}

/**
 * Reads `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date, which counts from the answer's own `Date` if it has
 * one, so that clocks may differ.
 *
 * @param now epoch milliseconds
 * @returns the wait in milliseconds, undefined if there is no usable value
 */
export function httpRetryAfterMs(headers: Headers, now: number): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  if (/^\d+$/.test(value)) return bounded(Number(value) * 1000);
  const at = dateOf(value);
  return at === undefined ? undefined : bounded(at - (dateOf(headers['date']) ?? now));
}

/**
 * Epoch milliseconds of an HTTP date (RFC 9110, section 5.6.7). Every form of it begins with a day of the week, which
 * keeps out the many others that `Date.parse` takes; one form leaves its time zone out.
 */
function dateOf(value: string | string[] | undefined): number | undefined {
  if (typeof value !== 'string' || !/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  const at = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(at) ? undefined : at;
}

function bounded(ms: number): number {
  return Math.max(0, Math.min(ms, LONGEST_MS));
}
