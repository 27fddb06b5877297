import type { ActionRegistry } from './action.js';
import { describeInstance } from './describe-instance.js';
import { listInstances } from './list-instances.js';

/** The API version that the actions belong to. The real host serves a newer one as well. */
export const apiVersion = '2019-12-26';

/** Every action that the emulator answers. */
export const actions = {
  DescribeInstance: describeInstance,
  ListInstances: listInstances,
} as const satisfies ActionRegistry;

/** Name of an action that the emulator answers. */
export type ActionName = keyof typeof actions;
