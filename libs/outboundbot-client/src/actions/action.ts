import type { Envelope } from '../interpret-response.js';

/** One RPC action of the upstream: how to ask, and how to read the answer. It is plain data and holds no state. */
export interface Action<Query, Value> {
  /** The upstream's own name of it, such as `DescribeInstance`. */
  readonly name: string;
  /** What an answer holds: one instance, or a list of things. The metrics of the cache tell these kinds apart. */
  readonly kind: 'instance' | 'list';
  /** The permissions that a RAM policy has to grant for it. */
  readonly ramActions: readonly string[];
  /** The request parameters, by the upstream's names. */
  readonly parameters: (query: Query) => Readonly<Record<string, string>>;
  /**
   * Reads the value from the envelope of a successful answer, which was parsed losslessly.
   *
   * @throws {WrongShapeError}
   */
  readonly decode: (envelope: Envelope, query: Query) => Value;
  /**
   * For an answer that comes in pages: the query of the page that follows, undefined after the last one. The query holds
   * what has been read so far, so that the value of the last page is the whole.
   */
  readonly next?: (value: Value, query: Query) => Query | undefined;
}
