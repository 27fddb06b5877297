import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/** How many bytes of an IPv6 address name a network; whoever has one of these has all addresses in it. */
const IPV6_NETWORK_BYTES = 8;

/**
 * The address that counts for a caller who has not proved who they are: that of the connection, or the one that a
 * trusted proxy vouches for. Of an IPv6 address it is the /64 network, as a single caller may have all of that.
 */
export function callerAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  const address = ipaddr.isValid(ip) ? ip : (socket.remoteAddress ?? '');
  if (!ipaddr.isValid(address)) return 'address:unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return `address:${parsed.toString()}`;
  const network = parsed.toByteArray().slice(0, IPV6_NETWORK_BYTES);
  return `address:${Buffer.from(network).toString('hex')}`;
}
