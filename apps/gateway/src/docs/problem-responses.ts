import {
  Problem,
  type ProblemCode,
  ProblemDocument,
  PROBLEMS,
  toProblemDocument,
  type UpstreamReport,
} from '@app/problem-details';
import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';

import {
  CACHE_CONTROL_HEADER,
  CONTENT_LANGUAGE_HEADER,
  RETRY_AFTER_HEADER,
} from '../http/response-headers.js';

type Components = NonNullable<OpenAPIObject['components']>;
export type Headers = NonNullable<Components['headers']>;
export type Response = Exclude<NonNullable<Components['responses']>[string], { $ref: string }>;

const SAMPLE_REQUEST = {
  path: '/instances/90515b5-6115-4ccf-83e2-52d5bfaf2ddf',
  id: '0f9a8f3e-5a0c-4a53-9d8b-1f5f0c4d2f6a',
  language: 'en',
} as const;

/** The upstream part of the sample problem, for each error that may follow an upstream call. */
const SAMPLE_UPSTREAM: Partial<Record<ProblemCode, UpstreamReport>> = {
  'instance-not-found': sampleReport('NotExist.Instance', 1),
  'upstream-error': sampleReport('InternalError', 3),
  'upstream-refused': sampleReport('InvalidAccessKeyId.NotFound', 1),
  'upstream-invalid-response': sampleReport(null, 1),
  'upstream-throttled': sampleReport('Throttling.User', 3),
  'upstream-unavailable': sampleReport('ServiceUnavailable', 3),
  'upstream-timeout': { code: null, requestId: null, attempts: 3 },
};

const WWW_AUTHENTICATE: Headers = {
  'WWW-Authenticate': {
    description:
      'Which credentials the gateway accepts, and why it rejected yours (RFC 9110, RFC 6750); ' +
      'with a 403 only if the access token lacks a scope',
    schema: { type: 'string' },
    example: 'Bearer realm="outboundbot-gateway", error="invalid_token"',
  },
};

/** The headers that errors of a status have on every route. */
const HEADERS_OF_STATUS: Readonly<Record<number, Headers>> = {
  401: WWW_AUTHENTICATE,
  403: WWW_AUTHENTICATE,
  405: {
    Allow: {
      description: 'The methods that this path allows',
      schema: { type: 'string' },
      required: true,
      example: 'GET, HEAD, OPTIONS',
    },
  },
  429: RETRY_AFTER_HEADER,
  503: RETRY_AFTER_HEADER,
};

/** The response for errors with the same status, with the headers that such errors have on every route. */
export function problemResponse(status: number, codes: readonly ProblemCode[]): Response {
  return {
    description: codes.map((code) => `[\`${code}\`](problems/${code}): ${PROBLEMS[code].title}`).join('\n\n'),
    headers: { ...CONTENT_LANGUAGE_HEADER, ...CACHE_CONTROL_HEADER, ...HEADERS_OF_STATUS[status] },
    content: {
      'application/problem+json': {
        schema: { $ref: getSchemaPath(ProblemDocument) },
        examples: Object.fromEntries(
          codes.map((code) => [code, { summary: PROBLEMS[code].title, value: sample(code) }]),
        ),
      },
    },
  };
}

function sample(code: ProblemCode): ProblemDocument {
  const upstream = SAMPLE_UPSTREAM[code];
  return toProblemDocument(new Problem(code, upstream ? { upstream } : {}), SAMPLE_REQUEST);
}

function sampleReport(code: string | null, attempts: number): UpstreamReport {
  return { code, requestId: '254EB995-DEDF-48A4-9101-9CA5B72FFBCC', attempts };
}
