import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import type { Hooks } from './hooks.js';

/** The request ids that are accepted from callers. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** The same for the documentation. */
export const REQUEST_ID_SCHEMA = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  pattern: REQUEST_ID.source,
} as const;

/** The caller's `X-Request-Id` if it is safe to write into logs and headers, else a new UUID. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

export function sendRequestId(hooks: Hooks): void {
  hooks.onRequest((request, reply) => {
    reply.header('x-request-id', request.id);
  });
}
