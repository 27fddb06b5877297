// For the documentation.

/** The headers of an instance that caches live on. */
export const CACHE_HEADERS = {
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
} as const;

/** The headers that tell a caller of its limit (draft-ietf-httpapi-ratelimit-headers). */
export const RATE_LIMIT_HEADERS = {
  'RateLimit-Policy': {
    description:
      'How many requests (`q`) you may make in how many seconds (`w`); absent if there is no limit',
    schema: { type: 'string' },
    example: '"caller";q=100;w=1',
  },
  RateLimit: {
    description: 'How many of them remain (`r`), and when there are more again, in seconds (`t`)',
    schema: { type: 'string' },
    example: '"caller";r=99;t=1',
  },
} as const;
