import type { Proxies } from '@app/http-client';
import type { Clock } from '@app/resilience';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

import { fetchJsonObject } from './json-fetch.js';

export interface ProviderKeysOptions {
  /** Whose keys they are. */
  readonly issuer: string;
  /** Where they are; found through the issuer's metadata if it is not given. */
  readonly jwksUrl: string | undefined;
  /** The proxies to reach the provider through. */
  readonly proxies?: Proxies | undefined;
  /** For the log. Called when the keys cannot be had any more, and when they can again. */
  readonly onStateChange: (state: 'up' | 'down', reason?: string) => void;
}

/** No key is known at all, as the provider has not answered yet. */
export class KeysUnavailableError extends Error {
  override name = 'KeysUnavailableError';
  override message = 'The provider has told of no key yet.';
}

/** How long a key that the provider has withdrawn may still count, in milliseconds. */
const REFRESH_MS = 300_000;

/**
 * However many unknown ids are asked for: one attempt to get the keys in this time, in milliseconds, and one more in
 * hand, so that keys that were changed just after they were fetched are found at once.
 */
const COOL_DOWN_MS = 10_000;
const ATTEMPTS_IN_HAND = 2;

/**
 * The public keys of an OpenID provider (RFC 7517), renewed from time to time, and when a token names one that is not
 * among them. While the provider is down the keys that are known go on counting.
 *
 * jose has a remote key set too, but that one forgets its keys after a while even if it cannot get new ones, asks again
 * for every unknown id while the provider is down, and takes no clock.
 */
export class ProviderKeys {
  private readonly closing = new AbortController();
  private known: JWTVerifyGetKey | undefined;
  private pending: Promise<void> | undefined;
  private attempts = ATTEMPTS_IN_HAND;
  private countedAt: number;
  private isDown = false;
  private discoveredUrl: string | undefined;

  constructor(
    private readonly options: ProviderKeysOptions,
    private readonly clock: Clock,
  ) {
    this.countedAt = clock.now();
  }

  /** Gets the keys in the background, now and from time to time until it is closed. */
  start(): void {
    void this.follow();
  }

  close(): void {
    this.closing.abort();
  }

  /**
   * Finds the key that a token names, or whose kind it needs.
   *
   * @throws {KeysUnavailableError}
   * @throws {errors.JWKSNoMatchingKey} if the provider has no such key, or had none a few seconds ago
   * @throws {errors.JWKSMultipleMatchingKeys} with an iterator over them
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (!this.known) await this.reload();
    if (!this.known) throw new KeysUnavailableError();
    const before = this.known;
    try {
      return await before(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (!(await this.renew())) throw error;
      return this.known(header, token);
    }
  };

  /**
   * Gets the keys anew, unless that was done a few seconds ago.
   *
   * @returns whether it was
   */
  async renew(): Promise<boolean> {
    const before = this.known;
    await this.reload();
    return this.known !== before;
  }

  private async follow(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      await this.reload();
      await this.clock.sleep(this.isDown ? COOL_DOWN_MS : REFRESH_MS, signal);
    }
  }

  /** One attempt at a time, for all who ask, or none if there were enough of late. Never rejects. */
  private async reload(): Promise<void> {
    if (!this.pending && this.takeAttempt()) {
      this.pending = this.load().finally(() => (this.pending = undefined));
    }
    await this.pending;
  }

  private takeAttempt(): boolean {
    const now = this.clock.now();
    this.attempts = Math.min(ATTEMPTS_IN_HAND, this.attempts + (now - this.countedAt) / COOL_DOWN_MS);
    this.countedAt = now;
    if (this.attempts < 1) return false;
    this.attempts -= 1;
    return true;
  }

  private async load(): Promise<void> {
    try {
      const { issuer, jwksUrl, proxies } = this.options;
      const url = jwksUrl ?? (this.discoveredUrl ??= await discover(issuer, proxies));
      this.known = createLocalJWKSet((await fetchJsonObject(url, proxies)) as unknown as JSONWebKeySet);
      this.report('up');
    } catch (error) {
      // It may have moved.
      this.discoveredUrl = undefined;
      this.report('down', reasonOf(error));
    }
  }

  private report(state: 'up' | 'down', reason?: string): void {
    const wasDown = this.isDown;
    this.isDown = state === 'down';
    if (this.isDown !== wasDown && !this.closing.signal.aborted) this.options.onStateChange(state, reason);
  }
}

/** OpenID Connect Discovery 1.0, section 4: where the keys are, in the words of the issuer itself. */
async function discover(issuer: string, proxies: Proxies | undefined): Promise<string> {
  const where = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const metadata = await fetchJsonObject(where, proxies);
  if (metadata['issuer'] !== issuer) throw new Error('the metadata is that of another issuer');
  const url = metadata['jwks_uri'];
  if (typeof url !== 'string' || !URL.canParse(url)) throw new Error('the metadata has no jwks_uri');
  // Keys that come over an open network are not to be trusted, unless the issuer's own word comes over it too.
  if (!url.startsWith('https:') && !issuer.startsWith('http:')) throw new Error('the jwks_uri is not https');
  return url;
}

/** What the fetch says itself is only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return 'code' in cause ? String(cause.code) : cause.message;
}
