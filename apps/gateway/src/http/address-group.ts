import ipaddr from 'ipaddr.js';

import { rememberAddresses } from './remember-addresses.js';

/** The bytes of an IPv6 address that name its /64 network. */
const IPV6_NETWORK_BYTES = 8;

/**
 * A text that is the same for all addresses that may belong to one caller: for IPv4 the address itself, for IPv6 the /64
 * network, of which one caller may own all addresses. Undefined if the text is no address.
 */
export const addressGroup = rememberAddresses((address) => {
  if (!ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return Buffer.from(parsed.toByteArray().slice(0, IPV6_NETWORK_BYTES)).toString('hex');
});
