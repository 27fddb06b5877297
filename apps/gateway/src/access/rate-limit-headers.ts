/** The documentation of the headers that tell a caller its rate limit (draft-ietf-httpapi-ratelimit-headers). */
export const RATE_LIMIT_HEADERS = {
  'RateLimit-Policy': {
    description: 'How many requests (`q`) you may make in any `w` seconds; absent if there is no limit',
    schema: { type: 'string', pattern: '^"caller";q=\\d+;w=\\d+$' },
    example: '"caller";q=100;w=1',
  },
  RateLimit: {
    description: 'How many of these requests remain (`r`), and in how many seconds there are more (`t`)',
    schema: { type: 'string', pattern: '^"caller";r=\\d+;t=\\d+$' },
    example: '"caller";r=99;t=1',
  },
} as const;
