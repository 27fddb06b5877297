import type { Entry } from './entry.js';

/** All in milliseconds. 0 turns the behaviour off. */
export interface FreshnessOptions {
  readonly freshMs: number;
  /** How long after that a stale entry is served while it is refreshed (RFC 5861, section 3). */
  readonly staleWhileRevalidateMs: number;
  /** How long after that a stale entry is served when the upstream fails (RFC 5861, section 4). */
  readonly staleIfErrorMs: number;
  /** How long "there is no such instance" stays fresh. */
  readonly notFoundMs: number;
}

/** What the cache may do with an entry, by its age (RFC 9111, section 4.2). */
export class Freshness {
  constructor(private readonly options: FreshnessOptions) {}

  /** In milliseconds. Never negative, even if the clock of the replica that stored the entry was ahead. */
  age(entry: Entry, now: number): number {
    return Math.max(0, now - entry.storedAt);
  }

  /** How long the entry stays fresh, in milliseconds. Negative: how long it has been stale. */
  ttl(entry: Entry, now: number): number {
    const lifetime = entry.kind === 'found' ? this.options.freshMs : this.options.notFoundMs;
    return lifetime - this.age(entry, now);
  }

  /** Whether any entry can be fresh. */
  get isOn(): boolean {
    return this.options.freshMs > 0;
  }

  isFresh(entry: Entry, now: number): boolean {
    return this.ttl(entry, now) > 0;
  }

  mayServeWhileRevalidating(entry: Entry, now: number): boolean {
    return entry.kind === 'found' && this.ttl(entry, now) > -this.options.staleWhileRevalidateMs;
  }

  /** Whether the entry may be served when the upstream cannot be asked. */
  mayServeOnError(entry: Entry, now: number): boolean {
    if (entry.kind === 'gone') return this.isFresh(entry, now);
    const { staleWhileRevalidateMs, staleIfErrorMs } = this.options;
    return this.ttl(entry, now) > -Math.max(staleWhileRevalidateMs, staleIfErrorMs);
  }

  /**
   * How long an entry is useful, in milliseconds. A `gone` entry is kept as long as a `found` one: it tells replicas with
   * an older copy not to serve it.
   */
  get retentionMs(): number {
    const { freshMs, staleWhileRevalidateMs, staleIfErrorMs, notFoundMs } = this.options;
    return Math.max(freshMs + Math.max(staleWhileRevalidateMs, staleIfErrorMs), notFoundMs);
  }

  /** The `Cache-Control` value that tells caches downstream the same, in whole seconds. */
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
