import type { Proxies } from '@app/http-client';
import type { Clock } from '@app/resilience';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

import { fetchJsonObject } from './json-fetch.js';

export interface ProviderKeysOptions {
  /** The provider's issuer identifier, a URL. */
  readonly issuer: string;
  /** The URL of the keys. If undefined, the URL is read from the metadata of the issuer. */
  readonly jwksUrl: string | undefined;
  /** The longest that the keys are used without a successful fetch while the provider is down, in seconds. */
  readonly keysMaxStaleS: number;
  readonly proxies?: Proxies | undefined;
  /** Called after every fetch. For metrics. */
  readonly onFetch: (outcome: 'ok' | 'error') => void;
  /** Called when the keys have become too old while the provider is down. For the log. */
  readonly onKeysTooOld: () => void;
  /** Called when fetching the keys begins to fail, and when a fetch succeeds again. For the log. */
  readonly onStateChange: (state: 'up' | 'down', reason?: string) => void;
}

/** The keys have never been fetched, or too long ago, and the provider does not answer. */
export class KeysUnavailableError extends Error {
  override name = 'KeysUnavailableError';
  override message = 'There are no keys of the provider, or they are too old.';
}

/** How often the keys are fetched at least, in milliseconds. A withdrawn key is accepted until the next fetch. */
const REFRESH_MS = 300_000;

/**
 * The shortest time between two fetches that tokens with unknown keys cause, in milliseconds. A burst of two fetches
 * lets the gateway find a key that the provider added just after a fetch.
 */
const FETCH_INTERVAL_MS = 10_000;
const FETCH_BURST = 2;

/**
 * The public keys of an OpenID provider (RFC 7517). They are fetched every 5 minutes, and when a token names an unknown
 * key. While the provider is down, the last keys stay in use, but not for longer than `keysMaxStaleS`: the provider may have
 * withdrawn one of them, and an attacker that has this key may also be the reason why the provider cannot be reached.
 *
 * jose's remote key set drops its keys after a time too, but it fetches again for every unknown key id while the provider is
 * down, and cannot use our clock.
 */
export class ProviderKeys {
  private readonly closing = new AbortController();
  private findKey: JWTVerifyGetKey | undefined;
  /** The JSON of the key set in use. */
  private text: string | undefined;
  /** When the fetch of the keys began. */
  private fetchedAt = -Infinity;
  private fetching: Promise<void> | undefined;
  /** A token bucket: how many fetches are allowed now. */
  private allowance = FETCH_BURST;
  private allowanceAt: number;
  private isDown = false;
  private areTooOld = false;
  private discoveredUrl: string | undefined;

  constructor(
    private readonly options: ProviderKeysOptions,
    private readonly clock: Clock,
  ) {
    this.allowanceAt = clock.now();
  }

  /** Starts to fetch the keys in the background, until `close`. */
  start(): void {
    void this.poll();
  }

  close(): void {
    this.closing.abort();
  }

  /**
   * Finds the key that a token's header names. If the header names no key, its algorithm selects one.
   *
   * @throws {KeysUnavailableError}
   * @throws {errors.JWKSNoMatchingKey} if the provider had no such key at the last fetch
   * @throws {errors.JWKSMultipleMatchingKeys} if several keys match; the error iterates over these keys
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (!this.findKey || this.isStale) await this.fetch();
    // If the limit of fetches allowed no fetch, stale keys stay in use until the next one, which is less than 10 seconds away.
    if (!this.findKey || (this.isStale && this.isDown)) throw new KeysUnavailableError();
    try {
      return await this.findKey(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (!(await this.renew())) throw error;
      return this.findKey(header, token);
    }
  };

  /**
   * Stands for the keys in use: another object when they have changed. Undefined if there are none, or if they must be fetched
   * again before they are used.
   */
  get current(): object | undefined {
    return this.isStale ? undefined : this.findKey;
  }

  private get isStale(): boolean {
    return this.clock.now() - this.fetchedAt > this.options.keysMaxStaleS * 1000;
  }

  /**
   * Fetches the keys again, unless the limit of fetches is reached.
   *
   * @returns whether there are other keys now
   */
  async renew(): Promise<boolean> {
    const before = this.findKey;
    await this.fetch();
    return this.findKey !== before;
  }

  private async poll(): Promise<void> {
    const { signal } = this.closing;
    // Twice as often as keys become stale, so that no request has to wait for a fetch while the provider is up.
    const refreshMs = Math.min(REFRESH_MS, Math.max(FETCH_INTERVAL_MS, this.options.keysMaxStaleS * 500));
    while (!signal.aborted) {
      await this.fetch();
      this.reportAge();
      await this.clock.sleep(this.isDown ? FETCH_INTERVAL_MS : refreshMs, signal);
    }
  }

  /** All callers share one fetch. Does nothing if the limit of fetches is reached. Never rejects. */
  private async fetch(): Promise<void> {
    if (!this.fetching && this.isFetchAllowed()) {
      this.fetching = this.fetchNow().finally(() => (this.fetching = undefined));
    }
    await this.fetching;
  }

  private isFetchAllowed(): boolean {
    const now = this.clock.now();
    this.allowance = Math.min(FETCH_BURST, this.allowance + (now - this.allowanceAt) / FETCH_INTERVAL_MS);
    this.allowanceAt = now;
    if (this.allowance < 1) return false;
    this.allowance -= 1;
    return true;
  }

  private async fetchNow(): Promise<void> {
    const startedAt = this.clock.now();
    try {
      const { issuer, jwksUrl, proxies } = this.options;
      const url = jwksUrl ?? (this.discoveredUrl ??= await discover(issuer, proxies));
      this.take(await fetchJsonObject(url, proxies));
      this.fetchedAt = startedAt;
      this.report('up');
    } catch (error) {
      // The provider may have moved its keys, so the next fetch reads the metadata again.
      this.discoveredUrl = undefined;
      this.report('down', reasonOf(error));
    }
  }

  /** Keeps the set in use if the provider still publishes the same one, so that tokens need not be verified again. */
  private take(keySet: object): void {
    const text = JSON.stringify(keySet);
    if (text === this.text) return;
    this.findKey = createLocalJWKSet(keySet as JSONWebKeySet);
    this.text = text;
  }

  private report(state: 'up' | 'down', reason?: string): void {
    if (this.closing.signal.aborted) return;
    this.options.onFetch(state === 'up' ? 'ok' : 'error');
    const wasDown = this.isDown;
    this.isDown = state === 'down';
    if (this.isDown !== wasDown) this.options.onStateChange(state, reason);
  }

  /** Reports once that the keys have become too old. Keys that were never fetched have no age. */
  private reportAge(): void {
    const wereTooOld = this.areTooOld;
    this.areTooOld = this.findKey !== undefined && this.isStale && this.isDown;
    if (this.areTooOld && !wereTooOld) this.options.onKeysTooOld();
  }
}

/** Reads the URL of the keys from the issuer's metadata (OpenID Connect Discovery 1.0, section 4). */
async function discover(issuer: string, proxies: Proxies | undefined): Promise<string> {
  const metadataUrl = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const metadata = await fetchJsonObject(metadataUrl, proxies);
  if (metadata['issuer'] !== issuer) throw new Error('the metadata is of another issuer');
  const url = metadata['jwks_uri'];
  if (typeof url !== 'string' || !URL.canParse(url)) throw new Error('the metadata has no jwks_uri');
  // An attacker could replace keys that are fetched over plain HTTP. Only an issuer with an `http:` URL may name an
  // `http:` URL of its keys.
  if (!url.startsWith('https:') && !issuer.startsWith('http:')) throw new Error('the jwks_uri is not https');
  return url;
}

/** The code or the message of the cause: the error itself only says that there was no answer. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return 'code' in cause ? String(cause.code) : cause.message;
}
