/** How the cache handled a request. */
export type CacheOutcome =
  /** Served from memory; the time to live is negative for a stale answer. In milliseconds. */
  | {
      readonly kind: 'hit';
      readonly ttlMs: number;
      /** The last attempt to get a fresh one has failed, and the next one waits. */
      readonly heldOff: boolean;
    }
  /** The upstream was asked, because there was nothing, or nothing fresh. */
  | {
      readonly kind: 'forwarded';
      readonly reason: 'miss' | 'stale';
      /** Another request's call served this one too. */
      readonly collapsed: boolean;
      /** Set when the stale answer had to do after all. In milliseconds, negative. */
      readonly staleTtlMs?: number;
    };

const CACHE_NAME = 'outboundbot-gateway';

/** The `Cache-Status` field (RFC 9211), without the key: an id is nobody else's business. */
export function cacheStatus(outcome: CacheOutcome): string {
  if (outcome.kind === 'hit') return `${CACHE_NAME}; hit; ttl=${wholeSeconds(outcome.ttlMs)}`;
  const { reason, collapsed, staleTtlMs } = outcome;
  return [
    CACHE_NAME,
    `fwd=${reason}`,
    ...(collapsed ? ['collapsed'] : []),
    ...(staleTtlMs === undefined ? [] : [`ttl=${wholeSeconds(staleTtlMs)}`]),
  ].join('; ');
}

/** Where an answer came from, in a word. */
export const CACHE_SOURCES = ['hit', 'stale', 'miss', 'collapsed', 'stale-on-error'] as const;
export type CacheSource = (typeof CACHE_SOURCES)[number];

/**
 * The same in a word, for metrics: `stale` is being refreshed, `stale-on-error` has to do as the upstream cannot give a
 * fresh one.
 */
export function cacheSource(outcome: CacheOutcome): CacheSource {
  if (outcome.kind === 'hit') {
    if (outcome.ttlMs > 0) return 'hit';
    return outcome.heldOff ? 'stale-on-error' : 'stale';
  }
  if (outcome.staleTtlMs !== undefined) return 'stale-on-error';
  return outcome.collapsed ? 'collapsed' : 'miss';
}

/** Rounded down, and never "-0". */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) || 0;
}
