import { isDeepStrictEqual } from 'node:util';

import {
  PROBLEM_CODE_SCHEMA,
  PROBLEM_CODES,
  type ProblemCode,
  ProblemDocument,
  PROBLEMS,
} from '@app/problem-details';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

import { RATE_LIMIT_HEADERS } from '../access/rate-limit-headers.js';
import { REQUEST_ID_SCHEMA } from '../http/request-id.js';
import { COMMON_HEADERS } from '../http/response-headers.js';
import { CACHE_STATUS_HEADER } from '../upstream/cached-response.decorator.js';
import { codeSamples } from './code-samples.js';
import { INTRODUCTION } from './introduction.js';
import { type Headers, problemResponse, type Response } from './problem-responses.js';

type Components = NonNullable<OpenAPIObject['components']>;
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

interface OperationRules {
  /** The errors that the operation can answer with. */
  readonly problems: readonly ProblemCode[];
  /**
   * The credentials, one of which the operation needs. An empty entry means that it may need none: the operators
   * decide.
   */
  readonly security: Record<string, string[]>[];
  /** The headers of errors with these codes, besides those that such errors have on every route. */
  readonly headersOf: (codes: readonly ProblemCode[]) => Headers;
}

/** The errors of every route: of malformed requests, of wrong addresses and methods, and of the gateway itself. */
const COMMON_PROBLEMS = [
  'invalid-request',
  'route-not-found',
  'method-not-allowed',
  'internal-error',
] as const satisfies ProblemCode[];

/** Errors that can come before the request is counted for its caller, or instead of it. */
const UNCOUNTED: readonly ProblemCode[] = ['route-not-found', 'method-not-allowed'];

/** Errors for which the cache was read. */
const OF_READS: readonly ProblemCode[] = PROBLEM_CODES.filter(
  (code) => code === 'instance-not-found' || PROBLEMS[code].status > 500,
);

/** What all operations of a tag have in common. */
const RULES_OF_TAG: Readonly<Record<string, OperationRules>> = {
  instances: {
    problems: PROBLEM_CODES,
    security: [{ apiKey: [] }, { accessToken: [] }, {}],
    headersOf: (codes) => ({
      ...(codes.every((code) => UNCOUNTED.includes(code)) ? {} : RATE_LIMIT_HEADERS),
      ...(codes.some((code) => OF_READS.includes(code)) ? CACHE_STATUS_HEADER : {}),
    }),
  },
  problems: {
    problems: [...COMMON_PROBLEMS, 'not-acceptable', 'too-many-requests', 'overloaded'],
    security: [],
    headersOf: (codes) => (codes.includes('too-many-requests') ? RATE_LIMIT_HEADERS : {}),
  },
  health: { problems: COMMON_PROBLEMS, security: [], headersOf: () => ({}) },
};

/** The OpenAPI 3.1 description of the gateway, made from its controllers and its error catalogue. */
export function createOpenApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('OutboundBot gateway')
    .setVersion('1')
    .setDescription(INTRODUCTION)
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
      schema: REQUEST_ID_SCHEMA,
    })
    .addGlobalParameters({
      name: 'Accept-Language',
      in: 'header',
      required: false,
      description: 'The language of errors and of their pages: English, Simplified or Traditional Chinese',
      // No example: Swagger UI would send it instead of the language of the browser.
      schema: { type: 'string', maxLength: 1000 },
    })
    .build();
  config.info.contact = { name: 'The operators of this gateway' };
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
    extraModels: [ProblemDocument],
  });
  const components = { ...document.components, headers: {} };
  components.schemas = { ...components.schemas, ...PROBLEM_CODE_SCHEMA };
  document.components = components;
  for (const [path, item] of Object.entries(document.paths)) {
    const { get } = item;
    if (!get?.operationId) continue;
    const rules = RULES_OF_TAG[get.tags?.[0] ?? ''];
    if (!rules) throw new Error(`${get.operationId} has no tag with rules.`);
    get.security = rules.security;
    addProblems(get, rules, path);
    shareHeaders(get, components);
    const needsKey = rules.security.length > 0;
    item.head = headOf(get);
    Object.assign(get, { 'x-codeSamples': codeSamples(get.operationId, 'get', needsKey) });
    Object.assign(item.head, { 'x-codeSamples': codeSamples(get.operationId, 'head', needsKey) });
  }
  return document;
}

function addProblems(operation: Operation, rules: OperationRules, path: string): void {
  const codes = rules.problems.filter((code) => code !== 'instance-not-found' || path.includes('{id}'));
  for (const [status, ofStatus] of byStatus(codes)) {
    const { content, headers, ...response } = problemResponse(status, ofStatus);
    // A response that the controller documents, for example a page, is one more form of the answer.
    const known = operation.responses[status] as Response | undefined;
    operation.responses[status] = {
      ...response,
      headers: { ...headers, ...rules.headersOf(ofStatus) },
      content: { ...content, ...known?.content },
    };
  }
}

function byStatus(codes: readonly ProblemCode[]): Map<number, ProblemCode[]> {
  const groups = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
}

/** Adds the headers of all answers, and documents each header in one place, to which the responses refer. */
function shareHeaders(
  operation: Operation,
  { headers: shared }: Pick<Required<Components>, 'headers'>,
): void {
  for (const response of Object.values(operation.responses) as Response[]) {
    const headers = { ...COMMON_HEADERS, ...response.headers };
    for (const [name, header] of Object.entries(headers)) {
      shared[name] ??= header;
      if (!isDeepStrictEqual(shared[name], header)) throw new Error(`${name} is documented in two ways.`);
    }
    response.headers = Object.fromEntries(
      Object.keys(headers).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
    );
  }
}

/** The HEAD operation beside a GET operation. It has no 405: every path that has GET has HEAD. */
function headOf({ operationId = '', summary = '', ...get }: Operation): Operation {
  const responses = Object.entries(get.responses as Record<string, Response>)
    .filter(([status]) => status !== '405')
    .map(([status, { description, headers = {} }]) => [status, { description, headers }]);
  return {
    operationId: operationId.replace(/^[a-z]+/, 'head'),
    summary: `${summary}: only the headers`,
    ...get,
    description: 'The status and the headers of the answer to `GET`, without a body.',
    responses: Object.fromEntries(responses) as Operation['responses'],
  };
}
