export {
  BoundedCache,
  bytesOf,
  type CacheBounds,
  type CacheFigures,
  type KeyKinds,
} from './bounded-cache.js';
export {
  CACHE_SOURCES,
  type CacheOutcome,
  type CacheSource,
  cacheSource,
  cacheStatus,
} from './cache-status.js';
export { matchesIfNoneMatch } from './conditional.js';
export {
  type Entry,
  type Found,
  found,
  type Gone,
  gone,
  MAX_CLOCK_SKEW_MS,
  type Representation,
  representationOf,
} from './entry.js';
export { Freshness, type FreshnessOptions } from './freshness.js';
export { type CachedRead, type Fetched, ReadThroughCache } from './read-through-cache.js';
export { type RequestDirectives, requestDirectives } from './request-directives.js';
export type { Lock, SharedStore } from './shared-store.js';
export { TieredStore } from './tiered-store.js';
