export type { BreakerVote } from './circuit-breaker.js';
export { type Clock, systemClock } from './clock.js';
export { Deadline } from './deadline.js';
export { isRejection, type Rejection } from './rejection.js';
export { type Joined, Singleflight } from './singleflight.js';
export {
  type CallContext,
  type OutcomeClassifier,
  type PolicyFigures,
  type PolicyResult,
  UpstreamPolicies,
  type UpstreamPoliciesOptions,
} from './upstream-policies.js';
