export type { BackoffOptions } from './backoff.js';
export { type Clock, systemClock } from './clock.js';
export { Deadline } from './deadline.js';
export { type Attempted, type Retried, retry, type RetryDependencies, type RetryOptions } from './retry.js';
