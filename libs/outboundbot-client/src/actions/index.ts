import type { Action } from './action.js';
import { describeInstance } from './describe-instance.js';

/** Every action that the gateway calls. Metrics have a series for each of them from the start. */
export const ACTIONS: readonly Action<never, unknown>[] = [describeInstance];
