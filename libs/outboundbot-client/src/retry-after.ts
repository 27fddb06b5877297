/** A longer wait is cut to this, in milliseconds. */
const LONGEST_MS = 3_600_000;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Reads `x-acs-retry-after`, the upstream's own header, in milliseconds.
 *
 * @returns the wait in milliseconds, undefined if there is no usable value
 */
export function acsRetryAfterMs(headers: Headers): number | undefined {
  return longest(
    valuesOf(headers['x-acs-retry-after']).map((value) => (/^\d+$/.test(value) ? Number(value) : NaN)),
  );
}

/**
 * Reads `Retry-After` (RFC 9110, section 10.2.3): seconds or a date. The date is compared with the answer's own `Date`
 * header if there is one, because the clocks may differ.
 *
 * @param now epoch milliseconds
 * @returns the wait in milliseconds, undefined if there is no usable value
 */
export function httpRetryAfterMs(headers: Headers, now: number): number | undefined {
  const startsAt = dateOf(String(headers['date'])) ?? now;
  return longest(
    // A date contains a comma, so it cannot be split.
    [headers['retry-after'] ?? []].flat().map((value) => {
      if (/^[\d,\s]+$/.test(value)) return Math.max(...valuesOf(value).map(Number)) * 1000;
      return (dateOf(value) ?? NaN) - startsAt;
    }),
  );
}

/** The values of a header that was sent several times, or joined by a proxy (RFC 9110, section 5.3). */
function valuesOf(header: string | string[] | undefined): string[] {
  return [header ?? []].flat().flatMap((line) => line.split(',').map((value) => value.trim()));
}

/** The longest valid wait, from 0 to {@link LONGEST_MS}. */
function longest(waits: readonly number[]): number | undefined {
  const known = waits.filter((ms) => !Number.isNaN(ms));
  return known.length === 0 ? undefined : Math.max(0, Math.min(Math.max(...known), LONGEST_MS));
}

/**
 * Unix milliseconds of an HTTP date (RFC 9110, section 5.6.7). All three forms begin with a day of the week, unlike other
 * text that `Date.parse` accepts. One form has no time zone: it is GMT.
 */
function dateOf(value: string): number | undefined {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  const at = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(at) ? undefined : at;
}
