import type { ApiCall } from '../protocol/api-call.js';
import { ApiError } from '../protocol/error-codes.js';
import { findParameter } from '../protocol/parameters.js';
import type { Action, ActionRegistry } from './action.js';
import { apiVersion } from './index.js';

function findAction({ action }: ApiCall, actions: ActionRegistry): Action | undefined {
  return action !== undefined && Object.hasOwn(actions, action) ? actions[action] : undefined;
}

/**
 * The action that a call names.
 *
 * @throws ApiError with the code that the service gives.
 */
export function requireAction(call: ApiCall, actions: ActionRegistry): Action {
  if (call.action === undefined) throw new ApiError('MissingAction');
  if (call.version !== apiVersion) throw new ApiError('NoSuchVersion');
  const action = findAction(call, actions);
  if (action === undefined) throw new ApiError('InvalidApi.NotFound');
  return action;
}

/** The id of the instance that a call targets, also for a call that will be refused. */
export function targetedInstance(call: ApiCall, actions: ActionRegistry): string | undefined {
  const name = findAction(call, actions)?.instanceParameter;
  return name === undefined ? undefined : findParameter(call.parameters, name);
}
