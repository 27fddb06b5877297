/** How the cache handled a request. */
export type CacheOutcome =
  /** Served from memory; the time to live is negative for a stale answer. In milliseconds. */
  | { readonly kind: 'hit'; readonly ttlMs: number }
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

/** Rounded down, and never "-0". */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) || 0;
}
