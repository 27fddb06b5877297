import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/**
 * The address of the client that sent a request: the one that a trusted proxy has forwarded, else that of the connection.
 * Undefined if neither is known.
 */
export function clientAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string | undefined {
  const address = [ip, socket.remoteAddress].find((each) => each !== undefined && ipaddr.isValid(each));
  return address === undefined ? undefined : ipaddr.process(address).toString();
}
