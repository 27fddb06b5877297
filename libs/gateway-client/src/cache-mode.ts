import { isBrowser } from './platform.js';

/** How a request uses an HTTP cache on the caller's side: the `cache` of a `Request`, but not `only-if-cached`. */
export type CacheMode = 'default' | 'force-cache' | 'no-cache' | 'no-store' | 'reload';

/** Undefined: the request has no `cache`. */
export interface CacheModes {
  readonly ordinary: CacheMode | undefined;
  readonly fresh: CacheMode | undefined;
}

/**
 * Only a browser has an HTTP cache. Elsewhere `cache` is left alone: with it, older Cloudflare Workers cannot make a request,
 * and Next.js cannot make a static page.
 *
 * In a browser the client's memory replaces the HTTP cache. With that cache, a first read could be answered without the
 * gateway checking the credentials, and instances would be stored on disk. Without the memory, the cache is used.
 *
 * @param given the caller's choice
 */
export function cacheModes(given: CacheMode | undefined, hasMemory: boolean): CacheModes {
  const ordinary = given ?? (isBrowser() ? (hasMemory ? 'no-store' : 'default') : undefined);
  // An HTTP cache obeys its own mode, not the header.
  const usesCache = ordinary === 'default' || ordinary === 'force-cache';
  return { ordinary, fresh: usesCache ? 'no-cache' : ordinary };
}
