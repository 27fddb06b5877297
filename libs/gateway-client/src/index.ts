export type { Clock } from './clock.js';
export {
  createGatewayClient,
  type GatewayClient,
  type GatewayClientOptions,
  type ReadOptions,
} from './create-gateway-client.js';
export type { CredentialSource } from './credentials.js';
export {
  GatewayError,
  type GatewayErrorCode,
  type GatewayErrorFacts,
  type ProblemCode,
  type UpstreamReport,
} from './gateway-error.js';
export type { Instance } from './instance.js';
