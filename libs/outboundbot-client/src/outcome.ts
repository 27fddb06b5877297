/**
 * How a call may be tried again.
 *
 * - `never`: the same call would end the same way.
 * - `once`: a fresh call (new nonce, renewed credentials) may cure it, a third one will not.
 * - `backoff`: after the usual wait, while attempts and time last.
 * - `longer-backoff`: as `backoff`, with a longer wait, because the upstream asks for fewer calls.
 */
export type RetryAdvice = 'never' | 'once' | 'backoff' | 'longer-backoff';

/**
 * Every way in which a call can fail, seen from the gateway.
 *
 * - `not-found`: the upstream says that the instance does not exist.
 * - `refused`: it refuses our credentials, signature, permission or the call itself; a matter for our operators.
 * - `throttled`: we call too often.
 * - `unavailable`: it says so, or no connection to it could be made or kept.
 * - `failed`: it failed inside.
 * - `invalid-response`: it answered something that is no `DescribeInstance` answer.
 * - `timed-out`: it did not answer within the attempt's time.
 */
export const FAILURE_KINDS = [
  'not-found',
  'refused',
  'throttled',
  'unavailable',
  'failed',
  'invalid-response',
  'timed-out',
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** A failed call. Holds no text of the upstream's but its checked `code` and `requestId`. */
export interface Failure {
  readonly kind: FailureKind;
  /** The upstream's error code, for example `Throttling.User`; null if it sent none. */
  readonly code: string | null;
  /** The upstream's request id, which a support ticket needs; null if it sent none. */
  readonly requestId: string | null;
  readonly retry: RetryAdvice;
  /** How long the upstream asks us to wait before the next call, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What was wrong, in our own words, for the log: `not JSON`, `CreatorId is not an integer`, `ECONNREFUSED`. */
  readonly reason?: string;
  readonly resent?: true;
}

/** An answered call. */
export interface Success<T> {
  readonly kind: 'success';
  readonly value: T;
  readonly requestId: string | null;
  readonly retry: 'never';
  /** The request met a dead connection and was sent again on a new one. */
  readonly resent?: true;
}

/** What one call to the upstream came to. A call never throws for anything that the upstream or the network did. */
export type Outcome<T> = Success<T> | Failure;
