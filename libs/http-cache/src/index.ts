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
  isFromTheFuture,
  MAX_CLOCK_SKEW_MS,
} from './entry.js';
export { Freshness, type FreshnessOptions } from './freshness.js';
export { HoldOff } from './hold-off.js';
export { MemoryStore } from './memory-store.js';
