import type { Hooks } from './hooks.js';

/**
 * Allows scripts and styles only from the gateway itself. The hash allows one inline style: that of the problem pages.
 */
const CONTENT_SECURITY_POLICY = [
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
 * The headers of every answer. Strict-Transport-Security is missing, because the proxy that terminates TLS has to
 * decide on it. Other well-known headers protect only Flash and Internet Explorer.
 */
export const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export function sendSecurityHeaders(hooks: Hooks): void {
  hooks.onRequest((_request, reply) => {
    reply.headers(SECURITY_HEADERS);
  });
}
