import type { Action } from './action.js';
import { describeInstance } from './describe-instance.js';
import { listInstances } from './list-instances.js';

/** Every action that the gateway calls. Metrics have a series for each of them from the start. */
export const ACTIONS: readonly Pick<Action<never, unknown>, 'name' | 'kind'>[] = [
  describeInstance,
  listInstances,
];
