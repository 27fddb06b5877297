export { type AccessKey, CredentialsUnavailableError } from './credential-source.js';
export type { DescribedInstance } from './decode-instance.js';
export {
  type AttemptOptions,
  OutboundBotClient,
  type OutboundBotClientOptions,
} from './outboundbot-client.js';
export type { Failure, FailureKind, Outcome, RetryAdvice, Success } from './outcome.js';
