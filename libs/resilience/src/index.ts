export { Caller, Callers } from './callers.js';
export type { BreakerVote } from './circuit-breaker.js';
export { type Clock, systemClock } from './clock.js';
export { Deadline } from './deadline.js';
export { type Linked, LinkedList } from './linked-list.js';
export { isRejection, type Rejection } from './rejection.js';
export { Singleflight } from './singleflight.js';
export {
  type OutcomeClassifier,
  type PolicyFigures,
  type PolicyResult,
  UpstreamPolicies,
  type UpstreamPoliciesOptions,
} from './upstream-policies.js';
