import type { Entry } from './entry.js';

/** The result of trying to lock a key. `unavailable`: the store did not answer, so the lock's state is unknown. */
export type Lock =
  | {
      readonly state: 'acquired';
      readonly release: () => Promise<void>;
      /** Sets the time after which the lock expires by itself anew, in milliseconds from now, unless it has expired. */
      readonly renew: (ttlMs: number) => Promise<void>;
    }
  | { readonly state: 'taken' }
  | { readonly state: 'unavailable' };

/** Entries that several processes share. Its methods never reject: without an answer there is no entry and no lock. */
export interface SharedStore {
  /** @param newerThan an entry that is not newer is not returned, in Unix milliseconds; undefined returns any */
  get(key: string, newerThan?: number): Promise<Entry | undefined>;
  /**
   * Keeps an entry, unless a newer one is there already.
   *
   * @param ttlMs how long to keep it, in milliseconds; 0 only removes an older entry
   */
  set(key: string, entry: Entry, ttlMs: number): Promise<void>;
  /**
   * Tries once to become the only process that fetches a key.
   *
   * @param ttlMs when the lock expires by itself, in milliseconds
   */
  lock(key: string, ttlMs: number): Promise<Lock>;
}
