import type { FastifyReply } from 'fastify';

/** Adds to `Vary` the request headers on which the answer depends (RFC 9110, section 12.5.5). */
export function varyOn(reply: FastifyReply, ...headers: readonly string[]): void {
  if (headers.length === 0) return;
  const known = reply.getHeader('vary');
  if (typeof known !== 'string') reply.header('vary', headers.join(', '));
  else reply.header('vary', [...new Set([...known.split(', '), ...headers])].join(', '));
}
