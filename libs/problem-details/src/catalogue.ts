/** When the request may be sent again. */
export const RETRY_ADVICE = ['after-change', 'after-repair', 'after-delay', 'later'] as const;

/**
 * - `after-change`: the same request would fail again
 * - `after-repair`: the operators of the gateway have to act first
 * - `after-delay`: after the seconds in `Retry-After`
 * - `later`: as it is
 */
export type RetryAdvice = (typeof RETRY_ADVICE)[number];

/** One kind of error, with the English texts that explain it to the caller. */
export interface ProblemType {
  readonly status: number;
  readonly retry: RetryAdvice;
  /** A summary that is the same for every occurrence (RFC 9457, section 3.1.3). */
  readonly title: string;
  readonly meaning: string;
  readonly whatToDo: string;
}

/**
 * Every error that the gateway answers with. The codes are part of the API: never rename or reuse one. The problem
 * documents, the pages under `/problems` and the OpenAPI document are made from this catalogue. Its translations are in
 * `texts/`.
 */
export const PROBLEMS = {
  'invalid-request': {
    status: 400,
    retry: 'after-change',
    title: 'The request is malformed',
    meaning:
      'The id or another part of the request does not have the documented form. The OutboundBot service was not called.',
    whatToDo:
      'Correct the request as the detail says. An instance id has 1 to 64 characters: letters, digits, "-" and "_".',
  },
  unauthenticated: {
    status: 401,
    retry: 'after-change',
    title: 'Credentials are missing or wrong',
    meaning: 'The request has no credentials that the gateway accepts, or they have expired.',
    whatToDo:
      'Send a valid API key or access token. The WWW-Authenticate header says which kinds the gateway accepts.',
  },
  forbidden: {
    status: 403,
    retry: 'after-change',
    title: 'This caller may not read this instance',
    meaning: 'The credentials are valid, but they do not allow reading this instance.',
    whatToDo:
      'Ask the operators of the gateway for access to the instance. With an access token, ask its provider for the scope that the WWW-Authenticate header names.',
  },
  'instance-not-found': {
    status: 404,
    retry: 'after-change',
    title: 'There is no such instance',
    meaning: 'The OutboundBot service says that no instance has this id.',
    whatToDo: 'Check the id. A new instance may take a few seconds to appear.',
  },
  'route-not-found': {
    status: 404,
    retry: 'after-change',
    title: 'There is no such route',
    meaning: 'The gateway serves nothing at this path.',
    whatToDo: 'Check the path against the API documentation.',
  },
  'method-not-allowed': {
    status: 405,
    retry: 'after-change',
    title: 'This route does not support this method',
    meaning: 'The path exists, but not for this HTTP method. The gateway is read-only.',
    whatToDo: 'Use one of the methods in the Allow header.',
  },
  'not-acceptable': {
    status: 406,
    retry: 'after-change',
    title: 'No acceptable format',
    meaning: 'The Accept header excludes the only format of this route.',
    whatToDo: 'Accept application/json, or leave the Accept header out.',
  },
  'too-many-requests': {
    status: 429,
    retry: 'after-delay',
    title: 'Too many requests from this caller',
    meaning: 'This caller has reached its rate limit.',
    whatToDo: 'Wait as long as the Retry-After header says, then try again.',
  },
  'internal-error': {
    status: 500,
    retry: 'after-repair',
    title: 'The gateway failed',
    meaning: 'Something went wrong inside the gateway. Its log has the details under the request id.',
    whatToDo: 'Report the requestId to the operators of the gateway. A retry may or may not help.',
  },
  'upstream-error': {
    status: 502,
    retry: 'later',
    title: 'The OutboundBot service failed',
    meaning: 'The OutboundBot service answered the last attempt with an error.',
    whatToDo:
      'Try again later. If the error lasts, ask the operators of the gateway to open a ticket with the vendor, and give them upstream.requestId.',
  },
  'upstream-refused': {
    status: 502,
    retry: 'after-repair',
    title: 'The OutboundBot service refused the gateway',
    meaning:
      'The OutboundBot service rejected the credentials, the signature, the permission or the call of the gateway. The caller is not at fault.',
    whatToDo:
      'Tell the operators of the gateway: its access key, its RAM permission, its clock or its endpoint needs attention.',
  },
  'upstream-invalid-response': {
    status: 502,
    retry: 'later',
    title: 'The OutboundBot service sent an invalid answer',
    meaning: 'The answer is not JSON, too large, or does not have the documented shape.',
    whatToDo:
      'Try again later. If the error lasts, report upstream.requestId to the operators of the gateway.',
  },
  'upstream-throttled': {
    status: 503,
    retry: 'after-delay',
    title: 'The OutboundBot service throttles the gateway',
    meaning: 'The gateway has reached its quota of calls to the OutboundBot service.',
    whatToDo:
      'Wait as long as the Retry-After header says, then try again. If the error lasts, send fewer requests.',
  },
  'upstream-unavailable': {
    status: 503,
    retry: 'after-delay',
    title: 'The OutboundBot service cannot be reached',
    meaning:
      'The OutboundBot service says that it is unavailable, the connection to it failed, or it failed so often that the gateway has stopped calling it for a few seconds.',
    whatToDo: 'Wait as long as the Retry-After header says, then try again.',
  },
  overloaded: {
    status: 503,
    retry: 'after-delay',
    title: 'The gateway is overloaded',
    meaning: 'The gateway has more requests than it can serve in time, and rejects this one.',
    whatToDo: 'Wait as long as the Retry-After header says, then try again.',
  },
  'not-cached': {
    status: 504,
    retry: 'after-change',
    title: 'There is no kept answer',
    meaning:
      'The request has Cache-Control: only-if-cached, and the gateway keeps no answer that fits it. The OutboundBot service was not called.',
    whatToDo: 'Leave only-if-cached out, and the gateway asks the OutboundBot service.',
  },
  'upstream-timeout': {
    status: 504,
    retry: 'later',
    title: 'The OutboundBot service is too slow',
    meaning: 'The OutboundBot service did not answer before the deadline of the gateway.',
    whatToDo: 'Try again later.',
  },
} as const satisfies Record<string, ProblemType>;

export type ProblemCode = keyof typeof PROBLEMS;

export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];

export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(PROBLEMS, text);
}
