export { GuardedRedis, type GuardedRedisOptions } from './guarded-redis.js';
export { NO_ANSWER } from './operation-guard.js';
export { RedisStore } from './redis-store.js';
