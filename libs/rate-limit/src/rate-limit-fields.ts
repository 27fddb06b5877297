import type { Quota, RateLimitOptions } from './rate-limit.js';

/**
 * The fields that tell a caller of its limit, as draft-ietf-httpapi-ratelimit-headers-10 has them: `q` requests in a
 * window of `w` seconds, of which `r` remain for the next `t` seconds. `Retry-After`, for a refusal, is never shorter.
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

/** Whole seconds, and at least one: in none the window would not have ended yet. */
export function secondsUntil(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
