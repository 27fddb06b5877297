import type { IncomingMessage } from 'node:http';

import type { FastifyInstance } from 'fastify';

import type { Hooks } from './hooks.js';

/** Beyond this many connections, new ones are closed unread. */
const MAX_CONNECTIONS = 10_000;

/** A request that has not arrived completely after this many milliseconds is cut. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node looks for such requests, in milliseconds. */
const CHECK_INTERVAL_MS = 2000;

/**
 * How long an idle connection is kept, in milliseconds. Load balancers keep theirs for a minute or less by default; if the
 * gateway closed first, they would now and then send a request on a connection that has just been closed.
 */
const KEEP_ALIVE_MS = 75_000;

/** How much of a request's body may still arrive after the answer, and for how long. */
const MAX_LINGER_BYTES = 1_048_576;
const MAX_LINGER_MS = 1000;
const LINGER_CHECK_MS = 50;

/** Options of the server, so that slow and broken clients cannot hold its connections. */
export const CONNECTION_LIMITS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  http: {
    headersTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    // A request without a Host header is answered with a problem document, as any other invalid request.
    requireHostHeader: false,
  },
};

export function limitConnections({ server }: FastifyInstance): void {
  server.maxConnections = MAX_CONNECTIONS;
}

/**
 * Closes connections on which a caller goes on sending a body after it was answered. Closing at once would be simpler, but
 * a caller that is still sending would often lose the answer.
 */
export function limitUnreadBodies(hooks: Hooks): void {
  hooks.onResponse(({ raw }) => {
    if (!raw.complete) linger(raw);
  });
}

/** Node reads and drops the rest of the body by itself; this count of bytes is the only trace of it. */
function linger(request: IncomingMessage): void {
  const { socket } = request;
  const readBefore = socket.bytesRead;
  let checksLeft = MAX_LINGER_MS / LINGER_CHECK_MS;
  const timer = setInterval(() => {
    checksLeft -= 1;
    if (request.complete || socket.destroyed) clearInterval(timer);
    else if (checksLeft <= 0 || socket.bytesRead - readBefore > MAX_LINGER_BYTES) socket.destroy();
  }, LINGER_CHECK_MS).unref();
}
