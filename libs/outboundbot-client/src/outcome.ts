/**
 * Whether the same call may be made again.
 *
 * - `never`: it would end the same way.
 * - `once`: a new nonce or renewed credentials may help; if the second call fails too, a third one does not help.
 * - `backoff`: after the usual wait.
 * - `longer-backoff`: after a longer wait, because the upstream asks for fewer calls.
 */
export type RetryAdvice = 'never' | 'once' | 'backoff' | 'longer-backoff';

/**
 * The ways in which a call can fail, from the gateway's point of view.
 *
 * - `not-found`: the upstream says that the thing does not exist.
 * - `refused`: the upstream refuses the gateway's credentials, signature, permission, or the call itself. The gateway's
 *   operators have to act.
 * - `throttled`: the gateway calls too often.
 * - `unavailable`: the upstream says so, or no connection to it could be opened or kept.
 * - `failed`: the upstream failed inside.
 * - `invalid-response`: the answer is not an answer to this action.
 * - `timed-out`: no answer came within the attempt's time.
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

/** A failed call. Of the upstream's own text it holds only `code` and `requestId`, both checked. */
export interface Failure {
  readonly kind: FailureKind;
  /** The upstream's error code, for example `Throttling.User`; null if it sent none. */
  readonly code: string | null;
  /** The upstream's request id, which its support asks for; null if it sent none. */
  readonly requestId: string | null;
  readonly retry: RetryAdvice;
  /** How long the upstream asks to wait before the next call, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What was wrong, in the gateway's own words, for the log: `not JSON`, `CreatorId is not an integer`, `ECONNREFUSED`. */
  readonly reason?: string;
  /** The upstream answered well-formed and in time, only not in the expected shape: that is no sign of bad health. */
  readonly answered?: true;
  readonly resent?: true;
}

/** A successful call. */
export interface Success<T> {
  readonly kind: 'success';
  readonly value: T;
  readonly requestId: string | null;
  readonly retry: 'never';
  /** The first connection was dead, so the request was sent again on a new one. */
  readonly resent?: true;
}

/** The result of one call. A call never throws for anything that the upstream or the network did. */
export type Outcome<T> = Success<T> | Failure;

/** What remains of an outcome for logs and errors when its value has been used. */
export type CallRecord = Failure | Omit<Success<unknown>, 'value'>;
