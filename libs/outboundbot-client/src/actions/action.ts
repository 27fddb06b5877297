import type { Envelope } from '../interpret-response.js';

/** One RPC action of the upstream: how to ask, and how to read the answer. It is plain data and holds no state. */
export interface Action<Query, Value> {
  /** The upstream's own name of it, such as `DescribeInstance`. */
  readonly name: string;
  /** The request parameters, by the upstream's names. */
  readonly parameters: (query: Query) => Readonly<Record<string, string>>;
  /**
   * Reads the value from the envelope of a successful answer, which was parsed losslessly.
   *
   * @throws {WrongShapeError}
   */
  readonly decode: (envelope: Envelope, query: Query) => Value;
}
