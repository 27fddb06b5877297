import type { InstanceStore } from '../instances/instance-store.js';
import type { AnswerMembers } from '../protocol/answer.js';
import type { ApiCall } from '../protocol/api-call.js';

/** The data that actions answer from. */
export interface ActionState {
  readonly instances: InstanceStore;
}

/** How a fault changes the pages of a list. */
export interface PagingChange {
  /** The largest page. A larger page size is reduced to this one before pages are counted. Default: no change. */
  readonly maxPageSize?: number;
  /** Answers the first page whatever page the call asks for; without `maxPageSize`, this page has all instances. */
  readonly ignorePageNumber?: boolean;
  /** Members that the answer leaves out. Default: none. */
  readonly omit?: readonly PagingMember[];
}

/** A member of a list's answer that describes the page. */
export type PagingMember = 'TotalCount' | 'PageNumber' | 'PageSize';

/** One action of the API. */
export interface Action {
  /** Name of the parameter with the id of the instance that a call targets. Default: a call targets no instance. */
  readonly instanceParameter?: string;
  /**
   * Checks the parameters of a call and returns the function that makes the members of the answer.
   *
   * The parameters are checked before a fault is applied. The function runs after the fault's delay, or not at all, so
   * it must read the state when it runs. Only the function of a paged list uses the paging change.
   *
   * @throws ApiError for a missing or wrong parameter; the function throws it for any other error of the action.
   */
  readonly prepare: (state: ActionState, call: ApiCall) => (paging?: PagingChange) => AnswerMembers;
}

/** Actions by name. */
export type ActionRegistry = Readonly<Record<string, Action>>;
