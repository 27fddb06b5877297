import type { FastifyRequest } from 'fastify';

import { addressGroup } from '../http/address-group.js';

/**
 * The name under which the requests of an unauthenticated caller are counted: the address of the connection, or the one
 * that a trusted proxy has forwarded.
 */
export function callerAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  return `address:${addressGroup(ip) ?? addressGroup(socket.remoteAddress) ?? 'unknown'}`;
}
