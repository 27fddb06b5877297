import type { InstanceStore } from '../instances/instance-store.js';
import type { AnswerMembers } from '../protocol/answer.js';
import type { ApiCall } from '../protocol/api-call.js';

/** The data that actions answer from. */
export interface ActionState {
  readonly instances: InstanceStore;
}

/** One action of the API. */
export interface Action {
  /** Name of the parameter with the id of the instance that a call targets. Left out: a call targets no instance. */
  readonly instanceParameter?: string;
  /**
   * Checks the parameters of a call and returns the function that makes the members of its answer.
   *
   * The parameters are checked before a fault is applied. The function runs after the fault's delay, or not at all, so
   * it must read the state when it runs.
   *
   * @throws ApiError for a missing or wrong parameter; the function throws it for any other error of the action.
   */
  readonly prepare: (state: ActionState, call: ApiCall) => () => AnswerMembers;
}

/** Actions by name. */
export type ActionRegistry = Readonly<Record<string, Action>>;
