import type { components } from './generated/schemas.js';
import { isRecord } from './json.js';
import { isRetryable, type ProblemCode } from './problem-codes.js';

/** The result of the gateway's calls to the OutboundBot service. */
export type UpstreamReport = Readonly<components['schemas']['UpstreamReport']>;

/**
 * The kind of error:
 *
 * - one of the gateway's codes
 * - `unknown-problem`: a problem document with another code, for example from a newer gateway
 * - `unexpected-answer`: an answer that is not from the gateway, for example a proxy's page or a redirect to a login
 * - `network-error`: no answer, or only part of one. In a browser also an answer that CORS does not let the page read
 * - `timeout`: no complete answer within the client's `timeoutMs`
 * - `setup-error`: no request was sent, because this platform cannot make it as the client is set up
 */
export type GatewayErrorCode =
  ProblemCode | 'unknown-problem' | 'unexpected-answer' | 'network-error' | 'timeout' | 'setup-error';

export interface GatewayErrorFacts {
  readonly detail: string;
  readonly status?: number | null;
  readonly requestId?: string | null;
  readonly retryAfterMs?: number | null;
  readonly upstream?: UpstreamReport | null;
}

/** Marks the errors of every copy of this package, because a program can load it by `import` and by `require`. */
const BRAND: unique symbol = Symbol.for('outboundbot-gateway-client.GatewayError');

/** Every failure of a call, except an abort and an error of your credential function. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  /** What is wrong with this request, in words. */
  readonly detail: string;
  /** The HTTP status. Null if there was no answer. */
  readonly status: number | null;
  /** The id of the request in the gateway's log. Without an answer, the id that you gave, or null. */
  readonly requestId: string | null;
  /** How long to wait before another request, in milliseconds (`Retry-After`). Null if the answer does not say. */
  readonly retryAfterMs: number | null;
  /** Null if the gateway did not call the OutboundBot service, or does not report the call. */
  readonly upstream: UpstreamReport | null;
  /** Whether the same request may succeed later: after `retryAfterMs`, if that is known. */
  readonly isRetryable: boolean;

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
    this.isRetryable = isRetryable(code, status);
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** `instanceof GatewayError` also finds the errors of another copy of this package. */
  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    if (this === GatewayError) return isRecord(value) && BRAND in value;
    return Function.prototype[Symbol.hasInstance].call(this as () => void, value);
  }
}
