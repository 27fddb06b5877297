import { hash, timingSafeEqual } from 'node:crypto';

import { plainToInstance } from 'class-transformer';
import { ArrayMaxSize, IsArray, Matches, validateSync } from 'class-validator';

import type { Caller, Verdict } from './caller.js';
import { INSTANCE_PATTERN, instanceMatcher } from './instance-patterns.js';

/** What the file of API keys says of one key: everything but the key itself. */
class ApiKeyEntry {
  @Matches(/^[\x21-\x7e]( ?[\x21-\x7e])*$/, { message: 'must be visible ASCII characters and single spaces' })
  @Matches(/^.{1,128}$/, { message: 'must have 1 to 128 characters' })
  name!: string;

  @Matches(/^[0-9a-f]{64}$/i, { message: "must be the key's SHA-256 as 64 hexadecimal digits" })
  sha256!: string;

  @IsArray({ message: 'must be a list of instance ids, in which * stands for anything' })
  @ArrayMaxSize(10_000, { message: 'must not have more than 10000 items' })
  @Matches(INSTANCE_PATTERN, {
    each: true,
    message: 'must be a list of instance ids, in which * stands for anything',
  })
  instances!: string[];
}

/** The file of API keys is wrong. The message says where, and repeats nothing of the file but names of keys. */
export class WrongApiKeyFileError extends Error {
  override name = 'WrongApiKeyFileError';

  constructor(complaint: string) {
    super(`The file of API keys is no good: ${complaint}.`);
  }
}

/** The API keys that are valid, known by their hashes only. */
export class ApiKeyList {
  private readonly keys: readonly { readonly hash: Buffer; readonly caller: Caller }[];

  private constructor(entries: readonly ApiKeyEntry[]) {
    this.keys = entries.map(({ name, sha256, instances }) => ({
      hash: Buffer.from(sha256, 'hex'),
      caller: { id: `key:${name}`, mayRead: instanceMatcher(instances) },
    }));
  }

  get size(): number {
    return this.keys.length;
  }

  /**
   * Compares with every key in constant time, so that the time that it takes tells nothing of any.
   *
   * A plain hash is enough, as nobody can guess a key of 256 random bits; a slow one would be a way to exhaust us.
   */
  verify(key: string): Verdict {
    const given = hash('sha256', key, 'buffer');
    let caller: Caller | undefined;
    for (const known of this.keys) if (timingSafeEqual(known.hash, given)) caller = known.caller;
    return caller ? { kind: 'accepted', caller } : { kind: 'rejected', reason: 'unknown-key' };
  }

  /**
   * Reads `[{"name","sha256","instances"}]`. An empty list lets nobody in. Members that it does not know are refused:
   * whoever writes `"expires"` must not believe that it does something.
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
    rejectRepeated(
      entries.map(({ name }) => name),
      'name',
    );
    rejectRepeated(
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
  const { constraints = {} } = error;
  throw new WrongApiKeyFileError(
    'whitelistValidation' in constraints
      ? `${where} may have no other members than name, sha256 and instances`
      : `${where}: ${error.property} ${Object.values(constraints).at(-1) ?? 'is wrong'}`,
  );
}

/** Two keys of one name would share a limit; one hash twice would make the later entry count. */
function rejectRepeated(values: readonly string[], member: string): void {
  const at = values.findIndex((value, index) => values.indexOf(value) !== index);
  if (at < 0) return;
  const first = values.indexOf(values[at] ?? '');
  throw new WrongApiKeyFileError(`entries ${first + 1} and ${at + 1} have the same ${member}`);
}
