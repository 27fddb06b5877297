import type { components } from './generated/schemas.js';

/** The error codes of the gateway; `/problems` there explains them. */
export type ProblemCode = components['schemas']['ProblemCode'];

/** What came of the gateway's calls to the OutboundBot service. */
export type UpstreamReport = Readonly<components['schemas']['UpstreamReport']>;

/**
 * What went wrong:
 *
 * - a code of the gateway's;
 * - `unknown-problem`: a problem document with another code, of a newer gateway perhaps; `detail` is the document's;
 * - `unexpected-answer`: an answer that is none of the gateway's, such as a proxy's page or a redirect to a login;
 * - `network-error`: no answer, or only part of one. A browser calls it so too if CORS does not let it read the answer.
 */
export type GatewayErrorCode = ProblemCode | 'unknown-problem' | 'unexpected-answer' | 'network-error';

export interface GatewayErrorFacts {
  readonly detail: string;
  readonly status?: number | null;
  readonly requestId?: string | null;
  readonly retryAfterMs?: number | null;
  readonly upstream?: UpstreamReport | null;
}

/** The one error that reading rejects with, but for the caller's own: an abort, or a failed credential provider. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  /** What is wrong this time, in words. */
  readonly detail: string;
  /** The HTTP status; null if there was no answer. */
  readonly status: number | null;
  /** The id under which the gateway logged the request. Without an answer: the one that was sent, if any. */
  readonly requestId: string | null;
  /** How long the gateway asks to wait, in milliseconds; null if it does not say. */
  readonly retryAfterMs: number | null;
  /** Null if the OutboundBot service was not called, or nobody says so. */
  readonly upstream: UpstreamReport | null;

  constructor(
    readonly code: GatewayErrorCode,
    { detail, status = null, requestId = null, retryAfterMs = null, upstream = null }: GatewayErrorFacts,
  ) {
    super(detail);
    this.detail = detail;
    this.status = status;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
    this.upstream = upstream;
  }
}
