import type { Entry } from './entry.js';

/** How long entries are good for what, in milliseconds. 0 turns that one off. */
export interface FreshnessOptions {
  readonly freshMs: number;
  /** Beyond freshness: served at once while a refresh runs (RFC 5861, section 3). */
  readonly staleWhileRevalidateMs: number;
  /** Beyond freshness: served when the upstream cannot (RFC 5861, section 4). */
  readonly staleIfErrorMs: number;
  /** How long "there is nothing" is believed. */
  readonly notFoundMs: number;
}

/** What may be done with entries of a certain age (RFC 9111, section 4.2). */
export class Freshness {
  constructor(private readonly options: FreshnessOptions) {}

  /** Never negative, even when the clock that stored it was ahead of ours. In milliseconds. */
  age(entry: Entry, now: number): number {
    return Math.max(0, now - entry.storedAt);
  }

  /** How long it stays fresh, in milliseconds; negative for how long it has been stale. */
  ttl(entry: Entry, now: number): number {
    const lifetime = entry.kind === 'found' ? this.options.freshMs : this.options.notFoundMs;
    return lifetime - this.age(entry, now);
  }

  /** Whether anything would be fresh at all. */
  get isOn(): boolean {
    return this.options.freshMs > 0;
  }

  isFresh(entry: Entry, now: number): boolean {
    return this.ttl(entry, now) > 0;
  }

  mayServeWhileRevalidating(entry: Entry, now: number): boolean {
    return entry.kind === 'found' && this.ttl(entry, now) > -this.options.staleWhileRevalidateMs;
  }

  mayServeOnError(entry: Entry, now: number): boolean {
    return entry.kind === 'found' && this.ttl(entry, now) > -this.options.staleIfErrorMs;
  }

  /**
   * How long it is worth keeping, in milliseconds. "There is nothing" is kept as long as a copy could be served: until
   * then it is what says that the copy no longer counts.
   */
  get retentionMs(): number {
    const { freshMs, staleWhileRevalidateMs, staleIfErrorMs, notFoundMs } = this.options;
    return Math.max(freshMs + Math.max(staleWhileRevalidateMs, staleIfErrorMs), notFoundMs);
  }

  /** The same for caches downstream, as a `Cache-Control` value in whole seconds. */
  cacheControl(scope: 'public' | 'private'): string {
    const { freshMs, staleWhileRevalidateMs, staleIfErrorMs } = this.options;
    const seconds = (ms: number): number => Math.floor(ms / 1000);
    return [
      scope,
      `max-age=${seconds(freshMs)}`,
      `stale-while-revalidate=${seconds(staleWhileRevalidateMs)}`,
      `stale-if-error=${seconds(staleIfErrorMs)}`,
    ].join(', ');
  }
}
