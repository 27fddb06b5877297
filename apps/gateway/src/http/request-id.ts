import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import type { Hooks } from './hooks.js';

/** The request ids that are taken from callers. */
export const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** The caller's `X-Request-Id` if it is a plain token, else a new UUID. It ends up in logs and headers. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Puts the request id on every answer that gets as far as a hook. */
export const echoRequestId: Hooks = {
  onArrival: (request, reply) => {
    reply.header('x-request-id', request.id);
  },
};
