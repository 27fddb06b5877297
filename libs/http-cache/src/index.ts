export { type CacheOutcome, cacheStatus } from './cache-status.js';
export { matchesIfNoneMatch } from './conditional.js';
export { type Entry, type Found, found, type Gone, gone } from './entry.js';
export { Freshness, type FreshnessOptions } from './freshness.js';
export { MemoryStore } from './memory-store.js';
