import { hash } from 'node:crypto';

import type { Clock } from '@app/resilience';
import { LRUCache } from 'lru-cache';

import type { Caller } from './caller.js';

/** How many tokens are remembered. Each further one replaces the one that was not used for longest. */
const MAX_TOKENS = 10_000;

/** The most memory that the remembered tokens may take in all, in bytes, by the estimate of {@link bytesOf}. */
const MAX_BYTES = 16_777_216;

/** How long a token is remembered after its verification, in milliseconds. */
const REMEMBERED_MS = 300_000;

export interface VerifiedToken {
  readonly caller: Caller;
  /** Unix time in milliseconds. */
  readonly expiresAt: number;
  /** How many patterns of instance ids the caller's access has. */
  readonly patterns: number;
}

interface RememberedToken extends VerifiedToken {
  /** On the monotonic clock. */
  readonly until: number;
  /** What the token costs in memory. */
  readonly bytes: number;
}

/**
 * Accepted tokens and their callers, so that a token is not verified again with each request. A token is known by its
 * SHA-256, so a copy of the memory shows no token. Rejected tokens are not remembered: an attacker can make any number of
 * them.
 */
export class VerifiedTokens {
  private readonly known = new LRUCache<string, RememberedToken>({
    max: MAX_TOKENS,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  });
  private keys: object | undefined;

  constructor(private readonly clock: Clock) {}

  /**
   * Finds the caller of a token that was verified with these keys and has not expired. Other keys than at the last look-up
   * make the gateway forget all tokens.
   */
  find(token: string, keys: object): Caller | undefined {
    if (keys !== this.keys) {
      this.known.clear();
      this.keys = keys;
    }
    const key = keyOf(token);
    const remembered = this.known.get(key);
    if (!remembered) return undefined;
    if (this.clock.wallTime() < remembered.expiresAt && this.clock.now() < remembered.until)
      return remembered.caller;
    this.known.delete(key);
    return undefined;
  }

  /**
   * Remembers an accepted token, unless the keys have changed during its verification.
   *
   * @param keys those of the look-up before the verification
   */
  add(token: string, keys: object, verified: VerifiedToken): void {
    if (keys !== this.keys) return;
    const until = this.clock.now() + REMEMBERED_MS;
    this.known.set(keyOf(token), { ...verified, until, bytes: bytesOf(token, verified) });
  }
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64');
}

/** An estimate of what a token costs in memory: measured, with the claims that the caller keeps, and their patterns. */
function bytesOf(token: string, { patterns }: VerifiedToken): number {
  return 800 + token.length + 120 * patterns;
}
