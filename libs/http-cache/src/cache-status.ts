/** How the cache handled a read. */
export type CacheOutcome =
  /** Served from the store. */
  | {
      readonly kind: 'hit';
      /** In milliseconds; negative for a stale entry. */
      readonly ttlMs: number;
      /** The last refresh has failed, and the next one has to wait. */
      readonly heldOff: boolean;
    }
  /** The upstream was asked, because the store had nothing, or only a stale entry. */
  | {
      readonly kind: 'forwarded';
      readonly reason: 'miss' | 'stale';
      /** The read joined the fetch of another one. */
      readonly collapsed: boolean;
      /** Set if the fetch failed and a stale entry was served. In milliseconds, negative. */
      readonly staleTtlMs?: number;
    };

const CACHE_NAME = 'outboundbot-gateway';

/** The `Cache-Status` field (RFC 9211). It has no key: the key names an instance, and caches downstream log this field. */
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

export const CACHE_SOURCES = ['hit', 'stale', 'miss', 'collapsed', 'stale-on-error'] as const;
/**
 * Where an answer came from, in one word. `stale`: a stale entry that is being refreshed. `stale-on-error`: a stale entry,
 * because the upstream failed.
 */
export type CacheSource = (typeof CACHE_SOURCES)[number];

export function cacheSource(outcome: CacheOutcome): CacheSource {
  if (outcome.kind === 'hit') {
    if (outcome.ttlMs > 0) return 'hit';
    return outcome.heldOff ? 'stale-on-error' : 'stale';
  }
  if (outcome.staleTtlMs !== undefined) return 'stale-on-error';
  return outcome.collapsed ? 'collapsed' : 'miss';
}

/** Rounds down, and never gives "-0". */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) || 0;
}
