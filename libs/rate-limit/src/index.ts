export type { Quota, RateLimitOptions } from './caller-window.js';
export { MemoryWindows } from './memory-windows.js';
export { RateLimit } from './rate-limit.js';
export { rateLimitFields, secondsUntil } from './rate-limit-fields.js';
