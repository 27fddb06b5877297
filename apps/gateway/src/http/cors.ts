import type { FastifyReply, FastifyRequest } from 'fastify';

import { varyOn } from './vary.js';

/** What scripts of other origins may read of an answer, besides what they always may. */
const EXPOSED_HEADERS = [
  ...['X-Request-Id', 'ETag', 'Age', 'Cache-Status', 'Vary'],
  ...['Retry-After', 'RateLimit', 'RateLimit-Policy', 'WWW-Authenticate', 'Allow'],
].join(', ');

/** What they may send. `If-None-Match` is not among what they always may; the trace headers are for tracing pages. */
const ALLOWED_HEADERS = [
  ...['Authorization', 'X-API-Key', 'X-Request-Id', 'If-None-Match'],
  ...['Cache-Control', 'Pragma', 'traceparent', 'tracestate'],
].join(', ');

/** How long browsers remember that they may, in seconds; Chromium does so for two hours at most. */
const PREFLIGHT_MAX_AGE_S = 7200;

/**
 * Lets web pages of the listed origins read every answer, errors too (Fetch Standard, section 3.3). Cookies are never
 * allowed: callers prove who they are in a header. It only says so; the answer is for others to give, that to a
 * preflight for {@link answerUnroutedRequests}.
 */
export function allowOrigins(origins: readonly string[]) {
  const allowed = new Set(origins);
  return ({ method, headers }: FastifyRequest, reply: FastifyReply): void => {
    if (allowed.size === 0) return;
    varyOn(reply, 'Origin');
    const { origin } = headers;
    if (origin === undefined || !allowed.has(origin)) return;
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED_HEADERS,
    });
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return;
    reply.headers({
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': PREFLIGHT_MAX_AGE_S,
    });
  };
}
