export { type Quota, RateLimit, type RateLimitOptions } from './rate-limit.js';
export { rateLimitFields, secondsUntil } from './rate-limit-fields.js';
