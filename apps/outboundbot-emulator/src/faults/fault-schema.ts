import type { FastifySchemaValidationError } from 'fastify';

import type { Fault } from './fault.js';

// JSON Schema (draft 07) of the faults that the steering API accepts. Without `discriminator` the validator would report
// the errors of every kind, not only of the fault's own kind.

const text = { type: 'string' };
const nonEmptyText = { type: 'string', minLength: 1 };
const milliseconds = { type: 'integer', minimum: 0, maximum: 86_400_000 };
const status = { type: 'integer', minimum: 200, maximum: 599 };
const anyObject = { type: 'object' };
// RFC 9110, section 5.5: Node refuses to send any other character.
const headerValue = { type: 'string', pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]*$' };
const times = { type: 'integer', minimum: 1 };

interface KindSchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
}

type KindWithOwnScope = 'paging' | 'forget';

/** Kinds that may be limited to an action and to an instance. */
const scopedKinds: Readonly<Record<Exclude<Fault['kind'], KindWithOwnScope>, KindSchema>> = {
  error: {
    required: ['code'],
    properties: {
      code: nonEmptyText,
      status,
      message: text,
      inBand: { type: 'boolean' },
      retryAfter: headerValue,
      format: { enum: ['json', 'xml'] },
      contentType: headerValue,
      extra: anyObject,
    },
  },
  latency: { required: ['ms'], properties: { ms: milliseconds } },
  hang: {},
  trickle: { properties: { intervalMs: milliseconds, headers: { type: 'boolean' } } },
  reset: { properties: { when: { enum: ['before-headers', 'mid-body'] } } },
  truncate: {},
  body: {
    properties: {
      status,
      contentType: headerValue,
      body: text,
      headers: {
        type: 'object',
        propertyNames: { pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
        additionalProperties: headerValue,
      },
    },
  },
  huge: {
    required: ['bytes'],
    properties: { bytes: { type: 'integer', minimum: 0 }, status, contentLength: { type: 'boolean' } },
  },
  instance: { required: ['instance'], properties: { instance: {}, envelope: anyObject } },
  compress: { properties: { coding: { enum: ['gzip', 'deflate', 'deflate-raw', 'br'] } } },
  'keep-alive': {
    required: ['timeoutS'],
    properties: { timeoutS: { type: 'integer', minimum: 0, maximum: 86_400 } },
  },
  quota: {
    required: ['calls', 'windowMs'],
    properties: {
      calls: { type: 'integer', minimum: 0 },
      windowMs: { ...milliseconds, minimum: 1 },
      code: nonEmptyText,
    },
  },
};

/** Kinds that affect lists only, or connections. */
const kindsWithOwnScope: Readonly<Record<KindWithOwnScope, KindSchema>> = {
  paging: {
    properties: {
      action: { enum: ['ListInstances'] },
      times,
      delayMs: milliseconds,
      maxPageSize: { type: 'integer', minimum: 1 },
      ignorePageNumber: { type: 'boolean' },
      omit: { type: 'array', items: { enum: ['TotalCount', 'PageNumber', 'PageSize'] } },
    },
  },
  forget: {
    required: ['afterMs'],
    properties: { times, afterMs: milliseconds, by: { enum: ['reset', 'silence', 'close'] } },
  },
};

const kinds = [...Object.keys(scopedKinds), ...Object.keys(kindsWithOwnScope)];

/** Schema of a list of faults. `actions` are the names that a fault's `action` may have. */
export function faultListSchema(actions: readonly string[]): object {
  const scope = { action: { enum: actions }, instanceId: nonEmptyText, times, delayMs: milliseconds };
  const fault = {
    type: 'object',
    required: ['kind'],
    discriminator: { propertyName: 'kind' },
    oneOf: [
      ...Object.entries(scopedKinds).map(([kind, schema]) => closedObject(kind, schema, scope)),
      ...Object.entries(kindsWithOwnScope).map(([kind, schema]) => closedObject(kind, schema)),
    ],
  };
  return { type: 'array', minItems: 1, items: fault };
}

function closedObject(kind: string, { required = [], properties }: KindSchema, scope?: object): object {
  return {
    type: 'object',
    required: ['kind', ...required],
    additionalProperties: false,
    properties: { kind: { const: kind }, ...scope, ...properties },
  };
}

/** Turns violations of {@link faultListSchema} into one message that says what to change. */
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
  if (keyword === 'enum') {
    return `${place}: must be one of ${(params['allowedValues'] as readonly string[]).join(', ')}.`;
  }
  if (keyword === 'additionalProperties') {
    return `${place}: remove the unknown field "${String(params['additionalProperty'])}".`;
  }
  if (keyword === 'type' && instancePath === '') return 'The body must be a fault or a list of faults.';
  return `${place}: ${message}.`;
}
