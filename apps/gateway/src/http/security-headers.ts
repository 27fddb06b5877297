import type { FastifyReply } from 'fastify';

import type { Hooks } from './hooks.js';

/**
 * Allows a page scripts and styles only from the gateway itself. The hash allows one inline style: that of the problem pages.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'sha256-LYZbrl2r2AaQFDXrLiKeSFWszP1oasfzJoghv1mx/+8='",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(';');

/**
 * The headers of every answer: those that mean something for JSON too (OWASP REST Security Cheat Sheet).
 * Strict-Transport-Security is missing, because the proxy that terminates TLS has to decide on it.
 */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const;

/** The headers of a page besides. Other well-known headers protect only Flash and Internet Explorer. */
export const PAGE_SECURITY_HEADERS = {
  'content-security-policy': PAGE_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
} as const;

export function sendSecurityHeaders(hooks: Hooks): void {
  hooks.onRequest((_request, reply) => {
    reply.headers(SECURITY_HEADERS);
  });
}

/** Adds the headers of a page, also to a 304: a browser takes over its headers. */
export function securePage(reply: FastifyReply): void {
  reply.headers(PAGE_SECURITY_HEADERS);
}
