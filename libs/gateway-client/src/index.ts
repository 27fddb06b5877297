export type { CacheMode } from './cache-mode.js';
export type { Clock } from './clock.js';
export { createGatewayClient, type GatewayClientOptions } from './create-gateway-client.js';
export type { CredentialSource } from './credentials.js';
export type { GatewayClient } from './gateway-client.js';
export {
  GatewayError,
  type GatewayErrorCode,
  type GatewayErrorFacts,
  type UpstreamReport,
} from './gateway-error.js';
export type { Instance } from './instance.js';
export type { InstancePage, InstanceTag, ListedInstance } from './instance-page.js';
export type { InstanceFilter, InstanceSort, ListQuery } from './list-query.js';
export type { ProblemCode } from './problem-codes.js';
export type { ReadOptions } from './read-options.js';
export type { ResponseFacts, WithFacts } from './response-facts.js';
