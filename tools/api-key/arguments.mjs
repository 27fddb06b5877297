// The command line of `npm run api-key`.
import { parseArgs } from 'node:util';

const USAGE = `Usage: npm run api-key -- NAME [PATTERN...] [--file FILE] [--expires TIME]
       npm run api-key -- NAME --rotate --file FILE [--expires TIME]
       npm run api-key -- NAME --revoke-old --file FILE

Creates an API key. Prints the key once, and its entry for the file that AUTH_API_KEYS_FILE names.

  NAME          the caller's name, which the gateway logs
  PATTERN       an instance id that the key may read; * matches any characters. Default: *, which is every instance
  --file        adds the entry to this file, which is created if it does not exist. A running gateway reads it within seconds
  --expires     when the entry expires: a date and time with an offset, such as 2030-12-31T23:59:59Z, or a number of days,
                such as 90d. Default: never
  --rotate      adds a second key to the entry of this name. The keys from before stay valid
  --revoke-old  removes all keys of this entry but the newest one
`;

const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const DAY_MS = 86_400_000;

/** The command line is wrong. The message says what to do. */
export class UsageError extends Error {}

/** @throws {UsageError} */
export function readArguments() {
  const { positionals, values } = parse();
  const [name, ...patterns] = positionals;
  const { file, rotate = false, 'revoke-old': revokeOld = false } = values;
  if (name === undefined) throw new UsageError(USAGE);
  if (!/^[\x21-\x7e]{1,128}$/.test(name))
    throw new UsageError('NAME must have 1 to 128 visible ASCII characters.');
  if (patterns.some((pattern) => !/^[A-Za-z0-9_*-]{1,64}$/.test(pattern)))
    throw new UsageError('A PATTERN must have 1 to 64 characters: letters, digits, "-", "_" and "*".');
  if (rotate && revokeOld)
    throw new UsageError('Use --rotate first, and --revoke-old when all clients of NAME use the new key.');
  if (rotate || revokeOld) {
    if (file === undefined) throw new UsageError('--rotate and --revoke-old need --file.');
    if (patterns.length > 0) throw new UsageError('--rotate and --revoke-old take no PATTERN.');
  }
  if (revokeOld && values.expires !== undefined) throw new UsageError('--revoke-old takes no --expires.');
  return { name, patterns, file, rotate, revokeOld, expiresAt: readExpiry(values.expires) };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        file: { type: 'string' },
        expires: { type: 'string' },
        rotate: { type: 'boolean' },
        'revoke-old': { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(`${error.message}\n\n${USAGE}`);
  }
}

function readExpiry(text) {
  if (text === undefined) return undefined;
  const [, days] = /^([1-9]\d{0,4})d$/.exec(text) ?? [];
  if (days !== undefined) return new Date(Date.now() + Number(days) * DAY_MS).toISOString();
  const [, day] = DATE_TIME.exec(text) ?? [];
  if (day === undefined || !isCalendarDay(day))
    throw new UsageError('--expires must be like 2030-12-31T23:59:59Z, 2030-12-31T23:59:59+08:00 or 90d.');
  if (Date.parse(text) <= Date.now()) throw new UsageError('--expires must be in the future.');
  return text;
}

/** `Date` takes 30 February as 2 March. */
function isCalendarDay(day) {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}
