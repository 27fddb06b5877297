import type { FastifyRequest } from 'fastify';

import { addressGroup } from '../http/address-group.js';
import { clientAddress } from '../http/client-address.js';

/** The name under which the requests of an unauthenticated caller are counted. */
export function callerAddress(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  return `address:${addressGroup(clientAddress(request)) ?? 'unknown'}`;
}
