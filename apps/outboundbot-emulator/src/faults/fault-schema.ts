import type { FastifySchemaValidationError } from 'fastify';

import type { Fault } from './fault.js';

// JSON Schema (draft 07) of the faults that the steering API takes. `discriminator` makes the validator report what
// is wrong with the one kind that was meant.

const text = { type: 'string' };
const milliseconds = { type: 'integer', minimum: 0, maximum: 86_400_000 };
const status = { type: 'integer', minimum: 200, maximum: 599 };
const anyObject = { type: 'object' };
// RFC 9110, section 5.5: anything else makes Node refuse to send the header.
const headerValue = { type: 'string', pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]*$' };

const times = { type: 'integer', minimum: 1 };
const scope = { instanceId: { type: 'string', minLength: 1 }, times, delayMs: milliseconds };

interface KindSchema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What a fault of a call can say, besides which calls it strikes. */
function fields(required: readonly string[], properties: Readonly<Record<string, unknown>>): KindSchema {
  return { required, properties: { ...scope, ...properties } };
}

function closedObject(kind: string, { required, properties }: KindSchema): object {
  return {
    type: 'object',
    required: ['kind', ...required],
    additionalProperties: false,
    properties: { kind: { const: kind }, ...properties },
  };
}

const schemas: Readonly<Record<Fault['kind'], KindSchema>> = {
  error: fields(['code'], {
    code: { type: 'string', minLength: 1 },
    status,
    message: text,
    inBand: { type: 'boolean' },
    retryAfter: headerValue,
    format: { enum: ['json', 'xml'] },
    contentType: headerValue,
    extra: anyObject,
  }),
  latency: fields(['ms'], { ms: milliseconds }),
  hang: fields([], {}),
  trickle: fields([], { intervalMs: milliseconds, headers: { type: 'boolean' } }),
  reset: fields([], { when: { enum: ['before-headers', 'mid-body'] } }),
  truncate: fields([], {}),
  body: fields([], {
    status,
    contentType: headerValue,
    body: text,
    headers: {
      type: 'object',
      propertyNames: { pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
      additionalProperties: headerValue,
    },
  }),
  huge: fields(['bytes'], {
    bytes: { type: 'integer', minimum: 0 },
    status,
    contentLength: { type: 'boolean' },
  }),
  instance: fields(['instance'], { instance: {}, envelope: anyObject }),
  compress: fields([], { coding: { enum: ['gzip', 'deflate', 'deflate-raw', 'br'] } }),
  'keep-alive': fields(['timeoutS'], { timeoutS: { type: 'integer', minimum: 0, maximum: 86_400 } }),
  quota: fields(['calls', 'windowMs'], {
    calls: { type: 'integer', minimum: 0 },
    windowMs: { ...milliseconds, minimum: 1 },
    code: { type: 'string', minLength: 1 },
  }),
  // It strikes connections, whichever calls are made on them.
  forget: {
    required: ['afterMs'],
    properties: { times, afterMs: milliseconds, by: { enum: ['reset', 'silence', 'close'] } },
  },
};

const kinds = Object.keys(schemas);

const fault = {
  type: 'object',
  required: ['kind'],
  discriminator: { propertyName: 'kind' },
  oneOf: Object.entries(schemas).map(([kind, schema]) => closedObject(kind, schema)),
};

/** Schema of a list of faults. */
export const faultListSchema = { type: 'array', minItems: 1, items: fault };

/** Puts a violation of {@link faultListSchema} into words for the person who wrote the fault. */
export function describeFaultErrors(errors: readonly FastifySchemaValidationError[]): Error {
  return new Error(errors.map(describe).join(' '));
}

function describe({
  keyword,
  instancePath,
  message = 'is not valid',
  params,
}: FastifySchemaValidationError): string {
  const place = instancePath === '' ? 'The body' : `Fault ${instancePath.slice(1)}`;
  if (keyword === 'discriminator') return `${place}: kind must be one of ${kinds.join(', ')}.`;
  if (keyword === 'additionalProperties') {
    return `${place}: remove the unknown field "${String(params['additionalProperty'])}".`;
  }
  if (keyword === 'type' && instancePath === '') return 'The body must be a fault or a list of faults.';
  return `${place}: ${message}.`;
}
