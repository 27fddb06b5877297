import { LANGUAGES } from '@app/problem-details';

import { REQUEST_ID_SCHEMA } from './request-id.js';

/** The documentation of headers that answers of every kind have. */
export const COMMON_HEADERS = {
  'X-Request-Id': {
    description: 'The id of this request in the log of the gateway',
    schema: REQUEST_ID_SCHEMA,
    required: true,
    example: '0f9a8f3e-5a0c-4a53-9d8b-1f5f0c4d2f6a',
  },
  Vary: {
    description: 'The request headers on which the answer depends; absent if there are none',
    schema: { type: 'string' },
    example: 'Accept-Language',
  },
} as const;

export const CACHE_CONTROL_HEADER = {
  'Cache-Control': {
    description: 'How long you may keep the answer (RFC 9111, RFC 5861); `no-store` for errors and health',
    schema: { type: 'string' },
    required: true,
    example: 'public, max-age=5, stale-while-revalidate=30, stale-if-error=300',
  },
} as const;

export const CONTENT_LANGUAGE_HEADER = {
  'Content-Language': {
    description: 'The language of the texts in the answer',
    schema: { type: 'string', enum: [...LANGUAGES] },
    required: true,
    example: 'en',
  },
};

export const RETRY_AFTER_HEADER = {
  'Retry-After': {
    description: 'Seconds to wait before the next request',
    schema: { type: 'integer', minimum: 1 },
    required: true,
    example: 1,
  },
} as const;
