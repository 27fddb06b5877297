import type { UpstreamReport } from '../gateway-error.js';
import type { ProblemCode } from '../problem-codes.js';

/** The status and the title of each error. It must have exactly the codes of the OpenAPI document, or it does not compile. */
const PROBLEMS: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  'invalid-request': [400, 'The request is malformed'],
  unauthenticated: [401, 'Credentials are missing or wrong'],
  forbidden: [403, 'This caller may not read this instance'],
  'instance-not-found': [404, 'There is no such instance'],
  'route-not-found': [404, 'There is no such route'],
  'method-not-allowed': [405, 'This route does not support this method'],
  'not-acceptable': [406, 'No acceptable format'],
  'too-many-requests': [429, 'Too many requests from this caller'],
  'internal-error': [500, 'The gateway failed'],
  'upstream-error': [502, 'The OutboundBot service failed'],
  'upstream-refused': [502, 'The OutboundBot service refused the gateway'],
  'upstream-invalid-response': [502, 'The OutboundBot service sent an invalid answer'],
  'upstream-throttled': [503, 'The OutboundBot service throttles the gateway'],
  'upstream-unavailable': [503, 'The OutboundBot service cannot be reached'],
  overloaded: [503, 'The gateway is overloaded'],
  'not-cached': [504, 'There is no kept answer'],
  'upstream-timeout': [504, 'The OutboundBot service is too slow'],
};

export interface ProblemFacts {
  /** Default: the title as a sentence. */
  readonly detail?: string | undefined;
  /** The path of the request. Default: `/instances`. */
  readonly instance?: string | undefined;
  /** Default: `test-request`. */
  readonly requestId?: string | undefined;
  /** Default: the problem has no such member. */
  readonly upstream?: UpstreamReport | undefined;
}

/** The body of an error (RFC 9457), as the gateway sends it. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: ProblemCode;
  readonly requestId: string;
  readonly upstream?: UpstreamReport;
}

/**
 * Makes the body of an error.
 *
 * @throws TypeError if the gateway has no such code
 */
export function problemDocument(
  code: ProblemCode,
  { detail, instance = '/instances', requestId = 'test-request', upstream }: ProblemFacts = {},
): ProblemDocument {
  if (!Object.hasOwn(PROBLEMS, code)) throw new TypeError(`The gateway has no error code "${code}".`);
  const [status, title] = PROBLEMS[code];
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail: detail ?? `${title}.`,
    instance,
    code,
    requestId,
    ...(upstream === undefined ? {} : { upstream }),
  };
}

export interface ProblemResponseFacts extends ProblemFacts {
  /** The `Retry-After` of a 429 or a 503, in whole seconds. Default: 1. */
  readonly retryAfterS?: number | undefined;
}

/** Makes an answer that the client reads as a `GatewayError` with this code. */
export function problemResponse(
  code: ProblemCode,
  { retryAfterS = 1, ...facts }: ProblemResponseFacts = {},
): Response {
  const document = problemDocument(code, facts);
  const { status, requestId } = document;
  return new Response(JSON.stringify(document), {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Content-Language': 'en',
      'Cache-Control': 'no-store',
      'X-Request-Id': requestId,
      ...(status === 429 || status === 503 ? { 'Retry-After': String(retryAfterS) } : {}),
    },
  });
}
