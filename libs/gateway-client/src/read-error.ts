import { GatewayError, type ProblemCode, type UpstreamReport } from './gateway-error.js';
import { isRecord } from './json.js';
import { parseRetryAfter } from './retry.js';

/** Must have exactly the codes of the OpenAPI document, or it does not compile. */
const PROBLEM_CODES: Record<ProblemCode, true> = {
  'invalid-request': true,
  unauthenticated: true,
  forbidden: true,
  'instance-not-found': true,
  'route-not-found': true,
  'method-not-allowed': true,
  'not-acceptable': true,
  'too-many-requests': true,
  'internal-error': true,
  'upstream-error': true,
  'upstream-refused': true,
  'upstream-invalid-response': true,
  'upstream-throttled': true,
  'upstream-unavailable': true,
  overloaded: true,
  'not-cached': true,
  'upstream-timeout': true,
};

/** A system error code, such as ECONNREFUSED or CERT_HAS_EXPIRED. */
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]{2,63}$/;

/**
 * Makes an error from an answer.
 *
 * @param body the parsed JSON, or text
 * @param now epoch milliseconds
 */
export function readError({ status, headers }: Response, body: unknown, now: number): GatewayError {
  const facts = {
    // A browser hides the status of a redirect as 0.
    status: status === 0 ? null : status,
    requestId: headers.get('X-Request-Id'),
    retryAfterMs: parseRetryAfter(headers.get('Retry-After'), now),
  };
  const isProblem = /^application\/problem\+json\b/i.test(headers.get('Content-Type') ?? '');
  if (!isProblem || !isRecord(body)) {
    // The body is not quoted, because it may repeat the credentials of the request.
    const detail =
      'The answer is neither what was asked for nor a problem document. Check that baseUrl is the URL of the gateway.';
    return new GatewayError('unexpected-answer', { ...facts, detail });
  }
  const { code, detail, title, upstream } = body;
  return new GatewayError(isProblemCode(code) ? code : 'unknown-problem', {
    ...facts,
    detail: [detail, title].find(isText) ?? 'The gateway gives no reason.',
    upstream: isUpstreamReport(upstream) ? upstream : null,
  });
}

/**
 * Makes the error of a request without an answer. It uses only the code of `failure`, because an error of a custom
 * `fetch` may hold the request with its credentials.
 */
export function readFailure(failure: unknown, requestId: string | undefined): GatewayError {
  const code = systemCodeOf(failure);
  return new GatewayError('network-error', {
    detail: `There was no answer, or only a part of it${code === undefined ? '' : ` (${code})`}.`,
    requestId: requestId ?? null,
  });
}

/** The code of an error or of its cause. Node.js puts it in the cause. */
function systemCodeOf(failure: unknown): string | undefined {
  const causes = [failure, isRecord(failure) ? failure['cause'] : undefined];
  const codes = causes.map((cause) => (isRecord(cause) ? cause['code'] : undefined));
  return codes.filter(isText).find((code) => SYSTEM_CODE.test(code));
}

function isProblemCode(code: unknown): code is ProblemCode {
  return isText(code) && Object.hasOwn(PROBLEM_CODES, code);
}

function isUpstreamReport(value: unknown): value is UpstreamReport {
  if (!isRecord(value)) return false;
  const { code, requestId, attempts } = value;
  return [code, requestId].every((text) => text === null || isText(text)) && typeof attempts === 'number';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
