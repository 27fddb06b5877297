export type { Action } from './actions/action.js';
export {
  type DescribedInstance,
  describeInstance,
  type DescribeInstanceQuery,
  isAboutAnother,
} from './actions/describe-instance.js';
export { ACTIONS } from './actions/index.js';
export {
  type InstanceList,
  LIST_PAGE_SIZE,
  type ListedInstance,
  listInstances,
  type ListInstancesQuery,
} from './actions/list-instances.js';
export { type AccessKey, CredentialsUnavailableError } from './credential-source.js';
export type { AnswerDescription } from './describe-answer.js';
export { EXPECTED_FIELDS, type ExpectedField } from './expected-fields.js';
export { tlsAdvice } from './failure-of.js';
export { type CredentialSearch, findCredentials } from './find-credentials.js';
export {
  type AttemptOptions,
  OutboundBotClient,
  type OutboundBotClientOptions,
} from './outboundbot-client.js';
export {
  type CallRecord,
  type Failure,
  FAILURE_KINDS,
  type FailureKind,
  type Outcome,
  type RetryAdvice,
  type Success,
} from './outcome.js';
export type { Shape, ShapeType } from './shape.js';
