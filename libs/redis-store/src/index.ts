export { type Account } from './account.js';
export type { RedisClient } from './create-client.js';
export { GuardedRedis, type GuardedRedisOptions } from './guarded-redis.js';
export { namespaceOf } from './namespace.js';
export {
  NO_ANSWER,
  type Operation,
  OPERATION_OUTCOMES,
  type OperationOutcome,
  OPERATIONS,
} from './operation-guard.js';
export { RedisStore } from './redis-store.js';
export { parseRedisUrl, REDIS_URL_FORM } from './redis-url.js';
export type { StateReport } from './state-reports.js';
