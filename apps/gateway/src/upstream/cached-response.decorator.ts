import { applyDecorators, type Type, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';

import { RATE_LIMIT_HEADERS } from '../access/rate-limit-headers.js';
import { AcceptsJsonGuard } from '../http/accepts-json.guard.js';

const HEADERS = {
  ETag: {
    description: 'Strong entity tag of these bytes (RFC 9110)',
    schema: { type: 'string' },
    example: '"Zm9vYmFyYmF6cXV4cXV1eGNvcmdl"',
  },
  'Cache-Control': {
    description: 'How long to keep it (RFC 9111, RFC 5861)',
    schema: { type: 'string' },
    example: 'public, max-age=5, stale-while-revalidate=30, stale-if-error=300',
  },
  'Cache-Status': {
    description: 'Where it comes from (RFC 9211)',
    schema: { type: 'string' },
    example: 'outboundbot-gateway; hit; ttl=3',
  },
  Age: {
    description: 'Seconds since it came from the OutboundBot service; absent if that was just now',
    schema: { type: 'integer' },
    example: 2,
  },
  ...RATE_LIMIT_HEADERS,
} as const;

/**
 * For a route that answers by {@link CachedResponseService}: accepts only callers that accept JSON, and documents the
 * answer's headers and the 304.
 *
 * @param type the DTO class of the body
 * @param headers the documentation of headers that only this route has
 */
export function CachedResponse(
  type: Type,
  description: string,
  headers: NonNullable<ApiResponseOptions['headers']> = {},
): MethodDecorator {
  const allHeaders = { ...HEADERS, ...headers };
  return applyDecorators(
    UseGuards(AcceptsJsonGuard),
    ApiHeader({
      name: 'Cache-Control',
      required: false,
      description:
        '`no-cache`: ask the OutboundBot service anew. `max-age=N`: do so if the kept answer is older than N seconds. ' +
        '`only-if-cached`: do not ask it',
      example: 'max-age=60',
    }),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'The `ETag` of the answer that you have: 304 while nothing has changed',
    }),
    ApiOkResponse({ type, description, headers: allHeaders }),
    ApiResponse({
      status: 304,
      description: 'You already have it: `If-None-Match` names its `ETag`',
      headers: allHeaders,
    }),
  );
}
