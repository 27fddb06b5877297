import type { Quota, RateLimitOptions } from './caller-window.js';

/**
 * The rate limit fields of draft-ietf-httpapi-ratelimit-headers-10: `q` requests in a window of `w` seconds, of which
 * `r` remain now, and more in `t` seconds.
 */
export function rateLimitFields(
  { requests, windowS }: RateLimitOptions,
  { remaining, resetMs }: Quota,
): { readonly 'ratelimit-policy': string; readonly ratelimit: string } {
  return {
    'ratelimit-policy': `"caller";q=${requests};w=${windowS}`,
    ratelimit: `"caller";r=${remaining};t=${secondsUntil(resetMs)}`,
  };
}

/** Rounds milliseconds up to whole seconds, at least one, so that a caller that waits this long may make a request. */
export function secondsUntil(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
