import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/** The bytes of an IPv6 address that name its /64 network. */
const IPV6_NETWORK_BYTES = 8;

/**
 * The name under which the requests of an unauthenticated caller are counted: the address of the connection, or the
 * address that a trusted proxy has forwarded. Of an IPv6 address only the /64 network counts, because one caller may
 * own the whole network.
 */
export function callerAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  const address = ipaddr.isValid(ip) ? ip : (socket.remoteAddress ?? '');
  if (!ipaddr.isValid(address)) return 'address:unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return `address:${parsed.toString()}`;
  const network = parsed.toByteArray().slice(0, IPV6_NETWORK_BYTES);
  return `address:${Buffer.from(network).toString('hex')}`;
}
