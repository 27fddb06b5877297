import { GatewayError, type ProblemCode, type UpstreamReport } from './gateway-error.js';
import { parseRetryAfter } from './retry.js';

/** The compiler holds it against the OpenAPI document: a code that is missing here, or not there, is an error. */
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
  'upstream-timeout': true,
};

/** What the system calls a failure, such as ECONNREFUSED or CERT_HAS_EXPIRED. */
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]{2,63}$/;

/**
 * The error that an answer stands for.
 *
 * @param body parsed if it was JSON
 * @param now epoch milliseconds
 */
export function readError({ status, headers }: Response, body: unknown, now: number): GatewayError {
  const facts = {
    // A redirect that a browser does not show has none.
    status: status === 0 ? null : status,
    requestId: headers.get('X-Request-Id'),
    retryAfterMs: parseRetryAfter(headers.get('Retry-After'), now),
  };
  const isProblem = /^application\/problem\+json\b/i.test(headers.get('Content-Type') ?? '');
  if (!isProblem || !isRecord(body)) {
    // Not quoted: who knows what it repeats of the request.
    const detail = 'The answer is neither an instance nor a problem document. Does it come from the gateway?';
    return new GatewayError('unexpected-answer', { ...facts, detail });
  }
  const { code, detail, title, upstream } = body;
  return new GatewayError(isProblemCode(code) ? code : 'unknown-problem', {
    ...facts,
    detail: [detail, title].find(isText) ?? 'The gateway does not say what is wrong.',
    upstream: isUpstreamReport(upstream) ? upstream : null,
  });
}

/**
 * The error for want of an answer. It quotes nothing of `failure` but its code, and does not keep it: an error of a
 * `fetch` that is not the platform's may hold the request, and with it the credentials.
 */
export function readFailure(failure: unknown, requestId: string | undefined): GatewayError {
  const code = systemCodeOf(failure);
  return new GatewayError('network-error', {
    detail: `There was no answer, or only part of one${code === undefined ? '' : ` (${code})`}.`,
    requestId: requestId ?? null,
  });
}

/** The code of an error, or else of its cause, which is where Node.js has it. */
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
