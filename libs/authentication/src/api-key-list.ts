import { hash, timingSafeEqual } from 'node:crypto';

import { plainToInstance } from 'class-transformer';
import { ArrayMaxSize, IsArray, Matches, validateSync, type ValidationError } from 'class-validator';

import type { Caller, Verdict } from './caller.js';
import { INSTANCE_PATTERN } from './instance-patterns.js';
import { accessByPatterns } from './read-access.js';

/** One entry of the file. It holds the key's hash, not the key. */
class ApiKeyEntry {
  @Matches(/^[\x21-\x7e]( ?[\x21-\x7e])*$/, { message: 'must be visible ASCII characters and single spaces' })
  @Matches(/^.{1,128}$/, { message: 'must have 1 to 128 characters' })
  name!: string;

  @Matches(/^[0-9a-f]{64}$/i, { message: "must be the key's SHA-256 as 64 hexadecimal digits" })
  sha256!: string;

  @IsArray({ message: 'must be a list of instance ids, in which * matches any characters' })
  @ArrayMaxSize(10_000, { message: 'must not have more than 10000 items' })
  @Matches(INSTANCE_PATTERN, {
    each: true,
    message: 'must be a list of instance ids, in which * matches any characters',
  })
  instances!: string[];
}

/** The file of API keys is invalid. The message says where, and quotes no value from the file. */
export class WrongApiKeyFileError extends Error {
  override name = 'WrongApiKeyFileError';
}

/** The accepted API keys. Only their hashes are kept. */
export class ApiKeyList {
  private readonly keys: readonly { readonly hash: Buffer; readonly caller: Caller }[];

  private constructor(entries: readonly ApiKeyEntry[]) {
    this.keys = entries.map(({ name, sha256, instances }) => ({
      hash: Buffer.from(sha256, 'hex'),
      caller: { id: `key:${name}`, ...accessByPatterns(instances) },
    }));
  }

  get size(): number {
    return this.keys.length;
  }

  /**
   * Compares with every key in constant time, so that the response time reveals nothing about any key.
   *
   * Plain SHA-256 is enough, because a key has 256 random bits and cannot be guessed. A slow hash would let callers
   * exhaust the gateway.
   */
  verify(key: string): Verdict {
    const digest = hash('sha256', key, 'buffer');
    let caller: Caller | undefined;
    for (const known of this.keys) if (timingSafeEqual(known.hash, digest)) caller = known.caller;
    return caller ? { kind: 'accepted', caller } : { kind: 'rejected', reason: 'unknown-key' };
  }

  /**
   * Reads `[{"name","sha256","instances"}]`. With an empty list every key is rejected. Unknown members are an error:
   * otherwise an operator could write `"expires"` and believe that the key expires.
   *
   * @throws {WrongApiKeyFileError}
   */
  static parse(text: string): ApiKeyList {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw new WrongApiKeyFileError('it is not JSON');
    }
    if (!Array.isArray(json)) throw new WrongApiKeyFileError('it must be a JSON list');
    const entries = json.map((item: unknown, index) => parseEntry(item, `entry ${index + 1}`));
    rejectDuplicates(
      entries.map(({ name }) => name),
      'name',
    );
    rejectDuplicates(
      entries.map(({ sha256 }) => sha256.toLowerCase()),
      'sha256',
    );
    return new ApiKeyList(entries);
  }
}

function parseEntry(item: unknown, where: string): ApiKeyEntry {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new WrongApiKeyFileError(`${where} must be an object`);
  }
  const entry = plainToInstance(ApiKeyEntry, item);
  const [error] = validateSync(entry, { whitelist: true, forbidNonWhitelisted: true });
  if (!error) return entry;
  throw new WrongApiKeyFileError(messageOf(error, where));
}

function messageOf({ property, value, constraints = {} }: ValidationError, where: string): string {
  if ('whitelistValidation' in constraints) {
    return `${where} has another member than name, sha256 and instances`;
  }
  if (value === undefined) return `${where} has no ${property}`;
  return `${where}: ${property} ${Object.values(constraints).at(-1) ?? 'is invalid'}`;
}

/**
 * Two entries with the same name would share a rate limit. Of two entries with the same hash, only the later one would
 * be used.
 */
function rejectDuplicates(values: readonly string[], member: string): void {
  const at = values.findIndex((value, index) => values.indexOf(value) !== index);
  if (at < 0) return;
  const first = values.indexOf(values[at] ?? '');
  throw new WrongApiKeyFileError(`entries ${first + 1} and ${at + 1} have the same ${member}`);
}
