import type { KeyKinds } from '@app/http-cache';
import { ACTIONS } from '@app/outboundbot-client';

import type { Operation } from './operation.js';

const KIND_OF_ACTION = new Map(ACTIONS.map(({ name, kind }) => [name, kind]));

/** The parts of an operation that its keys are made of. */
type Keyed<Query> = Pick<Operation<Query, unknown, unknown>, 'cacheKey'> & {
  readonly action: { readonly name: string };
};

/** Names what an operation reads, uniquely among all operations. */
export function cacheKeyOf<Query>({ action, cacheKey }: Keyed<Query>, query: Query): string {
  return `${action.name}:${cacheKey(query)}`;
}

/** What the answers behind these keys are, as the metrics of the cache name it. */
export const CACHE_KINDS: KeyKinds = {
  names: [...new Set(KIND_OF_ACTION.values())],
  of: (key) => {
    const action = key.slice(0, key.indexOf(':'));
    return KIND_OF_ACTION.get(action) ?? action;
  },
};
