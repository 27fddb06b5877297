import type { IncomingMessage } from 'node:http';

import type { FastifyInstance } from 'fastify';

import type { Hooks } from './hooks.js';

/** The most connections at once. Beyond, new ones are closed before anything is read from them. */
const MAX_CONNECTIONS = 10_000;

/** After this long an unfinished request is cut, in milliseconds, be it silent or slow; looked at so often. */
const REQUEST_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 2000;

/**
 * An idle connection is kept longer than load balancers keep theirs, which is a minute or less by default: otherwise
 * they would now and then send a request into a connection that has just been closed. In milliseconds.
 */
const KEEP_ALIVE_MS = 75_000;

/** How much of a body is read for courtesy once its request is answered, in bytes and milliseconds; looked at so often. */
const LINGER_BYTES = 1_048_576;
const LINGER_MS = 1000;
const LINGER_CHECK_MS = 50;

/** What the server is started with, so that slow and broken clients cannot hold it. */
export const CONNECTION_LIMITS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  http: {
    headersTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    // A request without Host is malformed, but deserves an answer like any other.
    requireHostHeader: false,
  },
};

export function limitConnections({ server }: FastifyInstance): void {
  server.maxConnections = MAX_CONNECTIONS;
}

/**
 * Ends connections whose callers go on sending a body that nobody reads. To close at once would be simpler, but a caller
 * who is still sending would often not see the answer.
 */
export const limitUnreadBodies: Hooks = {
  onSent: ({ raw }) => {
    if (!raw.complete) linger(raw);
  },
};

/** Node goes on reading what it then throws away, and does not tell of it but by this count. */
function linger(request: IncomingMessage): void {
  const { socket } = request;
  const readBefore = socket.bytesRead;
  let looksLeft = LINGER_MS / LINGER_CHECK_MS;
  const timer = setInterval(() => {
    looksLeft -= 1;
    if (request.complete || socket.destroyed) clearInterval(timer);
    else if (looksLeft <= 0 || socket.bytesRead - readBefore > LINGER_BYTES) socket.destroy();
  }, LINGER_CHECK_MS).unref();
}
