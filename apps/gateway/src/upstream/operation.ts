import type { Action } from '@app/outboundbot-client';
import type { ProblemCode } from '@app/problem-details';

/** A read that the gateway offers: which action of the upstream it calls, and how the answer is cached and shown. */
export interface Operation<Query, Value, Dto> {
  readonly action: Action<Query, Value>;
  /** Names what is read, uniquely among all queries of this operation. */
  readonly cacheKey: (query: Query) => string;
  /** Maps what the upstream said to the API's own shape. It is done once for each cache entry. */
  readonly toDto: (value: Value) => Dto;
  /**
   * The error to answer with when the upstream says that the thing does not exist. Without it, that counts as a failure of
   * the upstream.
   */
  readonly notFound?: ProblemCode;
}
