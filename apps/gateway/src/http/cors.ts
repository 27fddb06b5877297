import { varyOn } from '@app/problem-details';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Settings } from '../settings/settings.js';
import type { Hooks } from './hooks.js';

/** The response headers that a page may read, besides those that browsers always show. */
const EXPOSED_HEADERS = [
  ...['X-Request-Id', 'ETag', 'Age', 'Cache-Status', 'Link', 'Vary'],
  ...['Retry-After', 'RateLimit', 'RateLimit-Policy', 'WWW-Authenticate', 'Allow'],
].join(', ');

type CorsOptions = Settings['server']['cors'];

/**
 * The request headers that a page may send, besides those that browsers always allow: those that the gateway reads, and those
 * that HTTP clients and tracing libraries add to any request.
 */
const ALLOWED_HEADERS = [
  ...['Authorization', 'X-API-Key', 'X-Request-Id', 'If-None-Match', 'Cache-Control', 'Pragma'],
  ...['Content-Type', 'baggage', 'traceparent', 'tracestate'],
];

/** How long browsers may keep the answer to a preflight, in seconds. Chromium keeps it for two hours at most. */
const PREFLIGHT_MAX_AGE_S = 7200;

/** Lets pages of the listed origins read every answer. A preflight is answered by {@link answerUnroutedRequests}. */
export function allowOrigins(hooks: Hooks, options: CorsOptions): void {
  hooks.onRequest(corsHeaders(options));
}

/**
 * Returns the function that sets the CORS headers of an answer, also of an error (Fetch Standard, section 3.3). Cookies
 * are never allowed: callers send their credentials in a header.
 */
export function corsHeaders(options: CorsOptions) {
  const origins = new Set(options.origins);
  const known = new Set(ALLOWED_HEADERS.map((name) => name.toLowerCase()));
  const others = options.headers.filter((name) => !known.has(name.toLowerCase()));
  const allowedHeaders = [...ALLOWED_HEADERS, ...new Set(others)].join(', ');
  return ({ method, headers }: FastifyRequest, reply: FastifyReply): void => {
    if (origins.size === 0) return;
    varyOn(reply, 'Origin');
    const { origin } = headers;
    if (origin === undefined || !origins.has(origin)) return;
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED_HEADERS,
    });
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return;
    reply.headers({
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': allowedHeaders,
      'access-control-max-age': PREFLIGHT_MAX_AGE_S,
    });
  };
}
