import type { FastifyRequest } from 'fastify';

import { addressGroup } from '../http/address-group.js';
import { clientAddress } from '../http/client-address.js';

/** The name under which a request is counted, and under which its calls of the service take their turns. */
export function callerName(request: Pick<FastifyRequest, 'caller' | 'ip' | 'socket'>): string {
  return request.caller?.id ?? `address:${addressGroup(clientAddress(request)) ?? 'unknown'}`;
}
