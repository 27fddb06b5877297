import { ApiError } from '../protocol/error-codes.js';
import { JsonText } from '../protocol/json.js';
import { requireParameter } from '../protocol/parameters.js';
import type { Action } from './action.js';

/** Answers one instance by its id. */
export const describeInstance: Action = {
  instanceParameter: 'InstanceId',
  prepare({ instances }, { parameters }) {
    const id = requireParameter(parameters, 'InstanceId');
    return () => {
      const json = instances.json(id);
      if (json === undefined) throw new ApiError('NotExist.Instance');
      return { Instance: new JsonText(json) };
    };
  },
};
