export type { Health } from './circuit-breaker.js';
export { type Clock, systemClock } from './clock.js';
export { Deadline } from './deadline.js';
export { isRejection, type Rejection } from './rejection.js';
export { type Boarding, Singleflight } from './singleflight.js';
export {
  type Judge,
  type PolicyFigures,
  type PolicyResult,
  UpstreamPolicies,
  type UpstreamPoliciesOptions,
} from './upstream-policies.js';
