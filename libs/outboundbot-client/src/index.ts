export { type AccessKey, CredentialsUnavailableError } from './credential-source.js';
export type { DescribedInstance } from './decode-instance.js';
export {
  type AttemptOptions,
  OutboundBotClient,
  type OutboundBotClientOptions,
} from './outboundbot-client.js';
export {
  type Failure,
  FAILURE_KINDS,
  type FailureKind,
  type Outcome,
  type RetryAdvice,
  type Success,
} from './outcome.js';
