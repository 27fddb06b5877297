import { hash } from 'node:crypto';

import { type ApiKeyEntry, parseEntry, WrongApiKeyFileError } from './api-key-entry.js';
import type { Caller, Verdict } from './caller.js';
import { accessByPatterns } from './read-access.js';

interface KnownKey {
  readonly caller: Caller;
  readonly expiresAt: number;
}

/** The name of a key, and when the key expires, as Unix time in milliseconds. */
export interface KeyExpiry {
  readonly name: string;
  readonly expiresAt: number;
}

/** The accepted API keys. Only their hashes are kept. */
export class ApiKeyList {
  private readonly keysByHash = new Map<string, KnownKey>();

  private constructor(private readonly entries: readonly ApiKeyEntry[]) {
    for (const { name, hashes, instances, expiresAt, rateLimit } of entries) {
      const key = { caller: { id: `key:${name}`, ...accessByPatterns(instances), rateLimit }, expiresAt };
      for (const keyHash of hashes) this.keysByHash.set(keyHash, key);
    }
  }

  /** The number of entries. */
  get size(): number {
    return this.entries.length;
  }

  /**
   * Finds the key by its hash, however many keys there are. The time of the look-up depends only on the SHA-256 of the
   * guess. Even a caller that learned part of a stored hash from this time could not make a key from it.
   *
   * Plain SHA-256 is enough, because a key has 256 random bits and cannot be guessed. A slow hash would let callers
   * exhaust the gateway.
   *
   * @param now Unix time in milliseconds
   */
  verify(key: string, now: number): Verdict {
    const known = this.keysByHash.get(hash('sha256', key));
    if (!known) return { kind: 'rejected', reason: 'unknown-key' };
    if (known.expiresAt <= now) return { kind: 'rejected', reason: 'expired-key' };
    return { kind: 'accepted', caller: known.caller };
  }

  /** The keys that expire before this time, the earliest first. */
  expiringBefore(time: number): KeyExpiry[] {
    return this.entries
      .filter(({ expiresAt }) => expiresAt < time)
      .map(({ name, expiresAt }) => ({ name, expiresAt }))
      .sort((a, b) => a.expiresAt - b.expiresAt);
  }

  /**
   * Reads `[{"name","sha256","instances","expiresAt","rateLimit"}]`, the last two optional. With an empty list every key is
   * rejected.
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
    rejectDuplicates(entries, 'name', ({ name }) => [name]);
    rejectDuplicates(entries, 'sha256', ({ hashes }) => hashes);
    return new ApiKeyList(entries);
  }
}

/** Two entries with the same name would share a rate limit. Two entries with the same hash would be one caller or the other. */
function rejectDuplicates(
  entries: readonly ApiKeyEntry[],
  member: string,
  valuesOf: (entry: ApiKeyEntry) => readonly string[],
): void {
  const places = new Map<string, number>();
  entries.forEach((entry, index) => {
    const place = index + 1;
    for (const value of valuesOf(entry)) {
      const earlier = places.get(value);
      if (earlier === place) throw new WrongApiKeyFileError(`entry ${place} has the same ${member} twice`);
      if (earlier !== undefined) {
        throw new WrongApiKeyFileError(`entries ${earlier} and ${place} have the same ${member}`);
      }
      places.set(value, place);
    }
  });
}
