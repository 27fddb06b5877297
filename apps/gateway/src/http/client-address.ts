import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

import { rememberAddresses } from './remember-addresses.js';

/**
 * The address of the client that sent a request: the one that a trusted proxy has forwarded, else that of the connection.
 * Undefined if neither is known.
 */
export function clientAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string | undefined {
  return canonicalAddress(ip) ?? canonicalAddress(socket.remoteAddress);
}

/** The address in its usual spelling. An IPv4 address is written as such, also where Node shows it as one of IPv6. */
export const canonicalAddress = rememberAddresses((address) =>
  ipaddr.isValid(address) ? ipaddr.process(address).toString() : undefined,
);
