import type { RateLimitOptions } from '@app/rate-limit';

import { isInstancePattern } from './instance-patterns.js';

/** One entry of the key file. It holds hashes of keys, not the keys. */
export interface ApiKeyEntry {
  readonly name: string;
  /** The SHA-256 of each accepted key, as lower-case hexadecimal digits. */
  readonly hashes: readonly string[];
  /** Instance ids, in which `*` matches any characters. */
  readonly instances: readonly string[];
  /** Unix time in milliseconds; `Infinity` if the keys do not expire. */
  readonly expiresAt: number;
  /** Replaces the general limit; 0 requests is no limit. */
  readonly rateLimit: RateLimitOptions | undefined;
}

/** The key file is invalid. The message says where, and quotes no value from the file. */
export class WrongApiKeyFileError extends Error {
  override name = 'WrongApiKeyFileError';
}

/** The hash of a key that was empty by mistake. With it, a request with an empty `X-API-Key` would be accepted. */
const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const MAX_HASHES = 10;
const MAX_PATTERNS = 10_000;
const MAX_REQUESTS = 1_000_000_000;
const MAX_WINDOW_S = 86_400;

/** A date-time of RFC 3339 with seconds and an offset. */
const DATE_TIME =
  /^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Checks one item of the list. Unknown members are an error: otherwise an operator could write `"expires"` and believe that
 * the key expires.
 *
 * This is plain code, because a file may have tens of thousands of entries, and class-validator takes more than 20 µs for each.
 *
 * @param where names the entry in messages
 * @throws {WrongApiKeyFileError}
 */
export function parseEntry(item: unknown, where: string): ApiKeyEntry {
  const { name, sha256, instances, expiresAt, rateLimit } = membersOf(
    item,
    ['name', 'sha256', 'instances'],
    ['expiresAt', 'rateLimit'],
    where,
  );
  return {
    name: parseName(name, `${where}: name`),
    hashes: parseHashes(sha256, `${where}: sha256`),
    instances: parsePatterns(instances, `${where}: instances`),
    expiresAt: expiresAt === undefined ? Infinity : parseTime(expiresAt, `${where}: expiresAt`),
    rateLimit: rateLimit === undefined ? undefined : parseRateLimit(rateLimit, `${where}: rateLimit`),
  };
}

function membersOf<Required extends string, Optional extends string>(
  item: unknown,
  required: readonly Required[],
  optional: readonly Optional[],
  where: string,
): Readonly<Record<Required | Optional, unknown>> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new WrongApiKeyFileError(`${where} must be an object`);
  }
  const known: readonly string[] = [...required, ...optional];
  for (const member of Object.keys(item)) {
    if (!known.includes(member)) {
      throw new WrongApiKeyFileError(`${where} has another member than ${inWords(known)}`);
    }
  }
  for (const member of required) {
    if (!Object.hasOwn(item, member)) throw new WrongApiKeyFileError(`${where} has no ${member}`);
  }
  return item as Record<Required | Optional, unknown>;
}

function inWords(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

function parseName(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.length < 1 || value.length > 128) {
    throw new WrongApiKeyFileError(`${what} must have 1 to 128 characters`);
  }
  if (!/^[\x21-\x7e]( ?[\x21-\x7e])*$/.test(value)) {
    throw new WrongApiKeyFileError(`${what} must be visible ASCII characters and single spaces`);
  }
  return value;
}

function parseHashes(value: unknown, what: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length < 1 || list.length > MAX_HASHES) {
    throw new WrongApiKeyFileError(`${what} must be one hash, or a list of 1 to ${MAX_HASHES} hashes`);
  }
  return list.map((item) => {
    if (typeof item !== 'string' || !/^[0-9a-f]{64}$/i.test(item)) {
      throw new WrongApiKeyFileError(
        `${what} must be the key's SHA-256 as 64 hexadecimal digits, or a list of these`,
      );
    }
    const hash = item.toLowerCase();
    if (hash === SHA256_OF_NOTHING) {
      throw new WrongApiKeyFileError(`${what} must not be the SHA-256 of an empty key: hash the key again`);
    }
    return hash;
  });
}

function parsePatterns(value: unknown, what: string): string[] {
  if (!Array.isArray(value) || !value.every(isInstancePattern)) {
    throw new WrongApiKeyFileError(
      `${what} must be a list of instance ids, in which * matches any characters`,
    );
  }
  if (value.length > MAX_PATTERNS) {
    throw new WrongApiKeyFileError(`${what} must not have more than ${MAX_PATTERNS} items`);
  }
  return value;
}

function parseTime(value: unknown, what: string): number {
  if (typeof value === 'string' && DATE_TIME.test(value) && isCalendarDay(value.slice(0, 10))) {
    return Date.parse(value);
  }
  throw new WrongApiKeyFileError(
    `${what} must be a date and time with an offset, such as 2030-12-31T23:59:59Z or 2030-12-31T23:59:59+08:00`,
  );
}

/** `Date` takes 30 February as 2 March. */
function isCalendarDay(day: string): boolean {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}

function parseRateLimit(value: unknown, what: string): RateLimitOptions {
  const { requests, windowS } = membersOf(value, ['requests', 'windowS'], [], what);
  return {
    requests: parseInteger(requests, 0, MAX_REQUESTS, `${what}.requests`),
    windowS: parseInteger(windowS, 1, MAX_WINDOW_S, `${what}.windowS`),
  };
}

function parseInteger(value: unknown, min: number, max: number, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new WrongApiKeyFileError(`${what} must be an integer from ${min} to ${max}`);
}
