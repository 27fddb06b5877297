/** Whatever is said, callers are not sent away for longer. */
const LONGEST_MS = 3_600_000;

/**
 * Reads `x-acs-retry-after`. The vendor documents no unit, so the size tells: nobody throttles for a tenth of a
 * second or asks for a wait of minutes, hence values below 100 are seconds and larger ones milliseconds.
 *
 * @returns the wait in milliseconds, undefined if there is no usable value
 */
export function parseRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,9}$/.test(value)) return undefined;
  const number = Number(value);
  return Math.min(number < 100 ? number * 1000 : number, LONGEST_MS);
}
