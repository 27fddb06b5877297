/** One kind of error: what it is called, what it means, and what the reader of it can do. */
export interface ProblemType {
  readonly status: number;
  /** The same for every occurrence (RFC 9457, section 3.1.3). */
  readonly title: string;
  readonly meaning: string;
  readonly whatToDo: string;
}

/**
 * Every error that the gateway answers with. The code is part of the API: never rename one, never reuse one.
 * The error pages, the OpenAPI document and the responses are all made from this.
 */
export const PROBLEMS = {
  'invalid-request': {
    status: 400,
    title: 'The request is malformed',
    meaning:
      'The id or another part of the request does not have the documented form. Nothing was looked up.',
    whatToDo:
      'Correct the request as the detail says. An instance id has 1 to 64 characters: letters, digits, "-" and "_".',
  },
  unauthenticated: {
    status: 401,
    title: 'Credentials are missing or wrong',
    meaning: 'The request carries no credentials that the gateway takes, or they have expired.',
    whatToDo: 'Send a valid API key or access token. The WWW-Authenticate header says which kinds are taken.',
  },
  forbidden: {
    status: 403,
    title: 'This caller may not read this instance',
    meaning: 'The credentials are good, but they do not cover this instance.',
    whatToDo:
      'Ask the operators of the gateway for access to the instance. With an access token, ask its provider for the scope that the WWW-Authenticate header names.',
  },
  'instance-not-found': {
    status: 404,
    title: 'There is no such instance',
    meaning: 'The OutboundBot service says that no instance has this id.',
    whatToDo: 'Check the id. An instance that was just created or deleted may take a few seconds to show.',
  },
  'route-not-found': {
    status: 404,
    title: 'There is no such route',
    meaning: 'The gateway serves nothing at this path.',
    whatToDo: 'Check the path against the documentation at /docs.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This route does not take this method',
    meaning: 'The path exists, but not for this HTTP method. The gateway only reads.',
    whatToDo: 'Use one of the methods in the Allow header.',
  },
  'not-acceptable': {
    status: 406,
    title: 'No acceptable format',
    meaning: 'The Accept header leaves out the only format that this route has.',
    whatToDo: 'Accept application/json, or leave the Accept header out.',
  },
  'too-many-requests': {
    status: 429,
    title: 'This caller asks too often',
    meaning: 'The rate limit of this caller is used up for now.',
    whatToDo: 'Wait as long as the Retry-After header says, then try again.',
  },
  'internal-error': {
    status: 500,
    title: 'The gateway has a defect',
    meaning: 'Something went wrong inside the gateway itself. It is logged under the request id.',
    whatToDo:
      'Report it to the operators of the gateway with the requestId. Trying again may or may not help.',
  },
  'upstream-error': {
    status: 502,
    title: 'The OutboundBot service failed',
    meaning: 'The OutboundBot service answered with an error of its own, also to the last attempt.',
    whatToDo:
      'Try again in a while. If it lasts, have the operators open a ticket with the vendor and give upstream.requestId.',
  },
  'upstream-refused': {
    status: 502,
    title: 'The OutboundBot service refused the gateway',
    meaning:
      'The OutboundBot service does not take the credentials, the signature, the permission or the call of the gateway. The caller is not at fault.',
    whatToDo:
      'Tell the operators of the gateway: its access key, its RAM permission, its clock or its endpoint needs attention.',
  },
  'upstream-invalid-response': {
    status: 502,
    title: 'The OutboundBot service answered nonsense',
    meaning: 'The answer is not JSON, too large, or does not have the documented shape.',
    whatToDo:
      'Try again in a while. If it lasts, tell the operators of the gateway and give upstream.requestId.',
  },
  'upstream-throttled': {
    status: 503,
    title: 'The OutboundBot service throttles the gateway',
    meaning: 'The quota of calls to the OutboundBot service is used up for now.',
    whatToDo: 'Wait as long as the Retry-After header says, then try again. If it lasts, call less often.',
  },
  'upstream-unavailable': {
    status: 503,
    title: 'The OutboundBot service cannot be reached',
    meaning:
      'The OutboundBot service says that it is unavailable, no connection to it could be made or kept, or it failed so often that it is left alone for now.',
    whatToDo: 'Wait as long as the Retry-After header says, then try again.',
  },
  overloaded: {
    status: 503,
    title: 'The gateway is overloaded',
    meaning: 'The gateway has more requests than it can serve in time, and sheds this one.',
    whatToDo: 'Wait as long as the Retry-After header says, then try again.',
  },
  'upstream-timeout': {
    status: 504,
    title: 'The OutboundBot service is too slow',
    meaning: 'The OutboundBot service did not answer within the time that the gateway gives it.',
    whatToDo: 'Try again in a while.',
  },
} as const satisfies Record<string, ProblemType>;

export type ProblemCode = keyof typeof PROBLEMS;

export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];

export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(PROBLEMS, text);
}
