import type { Quota, RateLimitOptions } from './rate-limit.js';

/**
 * The rate limit fields of draft-ietf-httpapi-ratelimit-headers-10: `q` requests in a window of `w` seconds, of which
 * `r` remain for the next `t` seconds.
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

/** Rounds milliseconds up to whole seconds, at least one, so that a caller who waits this long finds a new window. */
export function secondsUntil(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
