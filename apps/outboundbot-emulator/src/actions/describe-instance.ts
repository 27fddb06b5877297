import type { InstanceStore } from '../instances/instance-store.js';
import { type Answer, type AnswerContext, errorAnswer, successAnswer } from '../protocol/answer.js';
import type { ApiCall } from '../protocol/api-call.js';
import { ApiError } from '../protocol/error-codes.js';

/** The API version that is imitated. The real host also serves a newer one. */
const apiVersion = '2019-12-26';

/**
 * Checks that a call is a `DescribeInstance` of the imitated version, and returns the id that it asks for.
 *
 * @throws ApiError with the code that the service gives.
 */
export function requireDescribeInstance(call: ApiCall): string {
  if (call.action === undefined) throw new ApiError('MissingAction');
  if (call.version !== apiVersion) throw new ApiError('NoSuchVersion');
  if (call.action !== 'DescribeInstance') throw new ApiError('InvalidApi.NotFound');
  if (call.instanceId === undefined) throw new ApiError('MissingInstanceId');
  return call.instanceId;
}

/** What the service says about an instance when nothing goes wrong. */
export function describeInstance(instances: InstanceStore, id: string, context: AnswerContext): Answer {
  const instanceJson = instances.json(id);
  return instanceJson === undefined
    ? errorAnswer(context, { code: 'NotExist.Instance' })
    : successAnswer(context, instanceJson);
}
