/** Whatever is said, callers are not sent away for longer. */
const LONGEST_MS = 3_600_000;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Reads `x-acs-retry-after`, the upstream's own header: milliseconds, whatever their number.
 *
 * @returns the wait in milliseconds, undefined if there is no usable value
 */
export function acsRetryAfterMs(headers: Headers): number | undefined {
  return longest(
    valuesOf(headers['x-acs-retry-after']).map((value) => (/^\d+$/.test(value) ? Number(value) : NaN)),
  );
}

/**
 * Reads `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date, which counts from the answer's own `Date` if it has
 * one, so that clocks may differ.
 *
 * @param now epoch milliseconds
 * @returns the wait in milliseconds, undefined if there is no usable value
 */
export function httpRetryAfterMs(headers: Headers, now: number): number | undefined {
  const startsAt = dateOf(String(headers['date'])) ?? now;
  return longest(
    // A date has a comma in it.
    [headers['retry-after'] ?? []].flat().map((value) => {
      if (/^[\d,\s]+$/.test(value)) return Math.max(...valuesOf(value).map(Number)) * 1000;
      return (dateOf(value) ?? NaN) - startsAt;
    }),
  );
}

/** The values of a header that may have been sent several times, or have been joined on its way (RFC 9110, section 5.3). */
function valuesOf(header: string | string[] | undefined): string[] {
  return [header ?? []].flat().flatMap((line) => line.split(',').map((value) => value.trim()));
}

/** The longest wait, within bounds; those that are none do not count. */
function longest(waits: readonly number[]): number | undefined {
  const known = waits.filter((ms) => !Number.isNaN(ms));
  return known.length === 0 ? undefined : Math.max(0, Math.min(Math.max(...known), LONGEST_MS));
}

/**
 * Epoch milliseconds of an HTTP date (RFC 9110, section 5.6.7). Every form of it begins with a day of the week, which
 * keeps out the many others that `Date.parse` takes; one form leaves its time zone out.
 */
function dateOf(value: string): number | undefined {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  const at = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(at) ? undefined : at;
}
