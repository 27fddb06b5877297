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
  /** The upstream was asked. */
  | {
      readonly kind: 'forwarded';
      /** The store had no entry, or only a stale one, or the request did not accept the fresh one. */
      readonly reason: 'miss' | 'stale' | 'request';
      /** The read joined the fetch of another one. */
      readonly collapsed: boolean;
      /**
       * The remaining freshness of the stored entry in milliseconds, which is negative for a stale entry. Set only if the
       * fetch failed and that entry was served.
       */
      readonly servedTtlMs?: number;
    }
  /** The request forbade to ask the upstream, and the store had no answer for it. */
  | { readonly kind: 'not-cached' };

const CACHE_NAME = 'outboundbot-gateway';

/**
 * The `Cache-Status` field (RFC 9211). It leaves out the `key` parameter, which would show the id of an instance to the logs of
 * downstream caches.
 */
export function cacheStatus(outcome: CacheOutcome): string {
  if (outcome.kind === 'hit') return `${CACHE_NAME}; hit; ttl=${wholeSeconds(outcome.ttlMs)}`;
  if (outcome.kind === 'not-cached') return `${CACHE_NAME}; detail=only-if-cached`;
  const { reason, collapsed, servedTtlMs } = outcome;
  return [
    CACHE_NAME,
    `fwd=${reason}`,
    ...(collapsed ? ['collapsed'] : []),
    ...(servedTtlMs === undefined ? [] : [`ttl=${wholeSeconds(servedTtlMs)}`]),
  ].join('; ');
}

export const CACHE_SOURCES = ['hit', 'stale', 'miss', 'collapsed', 'stale-on-error', 'not-cached'] as const;
/**
 * Where an answer came from, in one word. `stale`: a stale entry that is being refreshed. `stale-on-error`: a stored entry,
 * because the upstream failed. `not-cached`: there was no answer, and the request forbade to ask the upstream.
 */
export type CacheSource = (typeof CACHE_SOURCES)[number];

export function cacheSource(outcome: CacheOutcome): CacheSource {
  if (outcome.kind === 'hit') {
    if (outcome.ttlMs > 0) return 'hit';
    return outcome.heldOff ? 'stale-on-error' : 'stale';
  }
  if (outcome.kind === 'not-cached') return 'not-cached';
  if (outcome.servedTtlMs !== undefined) return 'stale-on-error';
  return outcome.collapsed ? 'collapsed' : 'miss';
}

/** Rounds down, and never gives "-0". */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) || 0;
}
