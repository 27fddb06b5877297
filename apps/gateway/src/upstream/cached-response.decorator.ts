import { applyDecorators, type Type, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';

import { RATE_LIMIT_HEADERS } from '../access/rate-limit-headers.js';
import { AcceptsJsonGuard } from '../http/accepts-json.guard.js';
import { CACHE_CONTROL_HEADER } from '../http/response-headers.js';

/** The documentation of `Cache-Status`, which errors have as well. */
export const CACHE_STATUS_HEADER = {
  'Cache-Status': {
    description:
      'Where the answer comes from (RFC 9211): `hit`, or `fwd` if the gateway asked the OutboundBot service; ' +
      'absent if the request failed before that. A negative `ttl` means that the answer is stale',
    schema: { type: 'string', pattern: '^outboundbot-gateway; ' },
    example: 'outboundbot-gateway; hit; ttl=3',
  },
} as const;

const HEADERS = {
  ETag: {
    description: 'Strong entity tag of these bytes (RFC 9110)',
    schema: { type: 'string', pattern: '^"[\\w-]+"$' },
    required: true,
    example: '"Zm9vYmFyYmF6cXV4cXV1eGNvcmdl"',
  },
  ...CACHE_CONTROL_HEADER,
  ...CACHE_STATUS_HEADER,
  Age: {
    description: 'Seconds since it came from the OutboundBot service; absent if that was just now',
    schema: { type: 'integer', minimum: 0 },
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
