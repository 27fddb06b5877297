import {
  LANGUAGES,
  Problem,
  PROBLEM_CODES,
  type ProblemCode,
  ProblemDocument,
  PROBLEMS,
  toProblemDocument,
  type UpstreamReport,
} from '@app/problem-details';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, getSchemaPath, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

import { RATE_LIMIT_HEADERS } from '../access/rate-limit-headers.js';
import { REQUEST_ID } from '../http/request-id.js';

type Components = NonNullable<OpenAPIObject['components']>;
type Response = NonNullable<Components['responses']>[string];
type Headers = NonNullable<Components['headers']>;

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

interface OperationRules {
  /** The errors that the operation can answer with. */
  readonly problems: readonly ProblemCode[];
  /**
   * The credentials, one of which the operation needs. An empty entry means that it may need none: the operators
   * decide.
   */
  readonly security: Record<string, string[]>[];
}

/** What all operations of a tag have in common. */
const RULES_OF_TAG: Readonly<Record<string, OperationRules>> = {
  instances: { problems: PROBLEM_CODES, security: [{ apiKey: [] }, { accessToken: [] }, {}] },
  problems: {
    problems: ['route-not-found', 'method-not-allowed', 'not-acceptable', 'internal-error'],
    security: [],
  },
  health: { problems: ['internal-error'], security: [] },
};

const integer = { schema: { type: 'integer' } } as const;
const text = { schema: { type: 'string' } } as const;

/** The header of every error. */
const CONTENT_LANGUAGE: Headers = {
  'Content-Language': {
    description: 'The language of `title` and `detail`',
    schema: { type: 'string', enum: [...LANGUAGES] },
    required: true,
    example: 'en',
  },
};

/** The headers of errors, by status. */
const HEADERS_OF_STATUS: Readonly<Record<number, Headers>> = {
  401: {
    'WWW-Authenticate': {
      ...text,
      description: 'Which credentials the gateway accepts, and why it rejected yours (RFC 9110, RFC 6750)',
      required: true,
      example: 'Bearer realm="outboundbot-gateway", error="invalid_token"',
    },
  },
  405: {
    Allow: {
      ...text,
      description: 'The methods that this path allows',
      required: true,
      example: 'GET, HEAD, OPTIONS',
    },
  },
  429: {
    'Retry-After': {
      ...integer,
      description: 'Seconds to wait before the next request',
      required: true,
      example: 1,
    },
    ...RATE_LIMIT_HEADERS,
  },
  503: {
    'Retry-After': {
      ...integer,
      description: 'Seconds to wait before the next request',
      required: true,
      example: 5,
    },
  },
};

/** The OpenAPI 3.1 description of the gateway, made from its controllers and its error catalogue. */
export function createOpenApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('OutboundBot gateway')
    .setVersion('1')
    .setDescription(
      "One clean read API over Alibaba Cloud's OutboundBot service (智能外呼, outbound-call robots). " +
        'Errors are `application/problem+json` (RFC 9457); their `code` is explained under `/problems`. ' +
        'Every answer carries an `X-Request-Id`.',
    )
    .setLicense('MIT', 'https://opensource.org/license/mit')
    // Relative to the address of the document, so that it is right below a path prefix too.
    .addServer('.', 'This gateway')
    .addTag('instances', 'Business instances of the OutboundBot service')
    .addTag('problems', 'What the error codes mean')
    .addTag('health', 'For load balancers and orchestrators')
    .addApiKey(
      { type: 'apiKey', name: 'X-API-Key', in: 'header', description: 'A key that the operators gave you' },
      'apiKey',
    )
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description:
          'An access token (RFC 9068) of the provider and with the scope that the operators have chosen',
      },
      'accessToken',
    )
    .addGlobalParameters({
      name: 'X-Request-Id',
      in: 'header',
      required: false,
      description:
        'Your id for this request, which the answer repeats. If you send none, the gateway makes one',
      schema: { type: 'string', pattern: REQUEST_ID.source },
    })
    .addGlobalParameters({
      name: 'Accept-Language',
      in: 'header',
      required: false,
      description: 'The language of errors and of their pages: English, Simplified or Traditional Chinese',
      // No example: Swagger UI would send it instead of the language of the browser.
      schema: { type: 'string' },
    })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
    extraModels: [ProblemDocument],
  });
  return withRulesOfTags(document);
}

function withRulesOfTags(document: OpenAPIObject): OpenAPIObject {
  for (const [path, { get: operation }] of Object.entries(document.paths)) {
    if (!operation) continue;
    const rules = RULES_OF_TAG[operation.tags?.[0] ?? ''];
    if (!rules) throw new Error(`${operation.operationId ?? 'An operation'} has no tag with rules.`);
    operation.security = rules.security;
    const problems = rules.problems.filter((code) => code !== 'instance-not-found' || path.includes('{id}'));
    for (const [status, ofStatus] of byStatus(problems)) {
      operation.responses[status] ??= problemResponse(status, ofStatus);
    }
  }
  return document;
}

function byStatus(codes: readonly ProblemCode[]): Map<number, ProblemCode[]> {
  const groups = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
}

function problemResponse(status: number, codes: readonly ProblemCode[]): Response {
  return {
    description: codes.map((code) => `[\`${code}\`](problems/${code}): ${PROBLEMS[code].title}`).join('\n\n'),
    headers: { ...CONTENT_LANGUAGE, ...HEADERS_OF_STATUS[status] },
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
