import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';

import type { Connections } from './connections.js';
import type { Hooks } from './hooks.js';

/** The longest that a request may take to arrive, in milliseconds. After it, the connection is closed. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node checks this limit, in milliseconds. */
const CHECK_INTERVAL_MS = 2000;

/**
 * How long an idle connection is kept, in milliseconds. Load balancers keep theirs for a minute or less by default. If
 * the gateway closed first, a load balancer would sometimes send a request on a connection that has just been closed.
 */
const KEEP_ALIVE_MS = 75_000;

/**
 * How long a caller may take no byte of its answer, in milliseconds. After it, the connection is closed: an answer that
 * waits to be sent needs memory.
 */
const STALLED_READER_MS = 30_000;

/** How many bytes of answers may wait in this process for all callers to read them. */
const MAX_UNREAD_BYTES = 67_108_864;
/** How often that is checked, in milliseconds. */
const UNREAD_CHECK_MS = 250;

/** How much of a request's body may still arrive after the answer, in bytes, and for how long, in milliseconds. */
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

/**
 * Closes connections that are idle, or on which a caller does not read its answer. Node restarts the timer of a connection
 * whenever the caller takes or sends some bytes. A caller that waits for its answer has nothing to read yet, and is left alone.
 */
export function disconnectStalledReaders({ server }: FastifyInstance, connections: Connections): void {
  server.setTimeout(STALLED_READER_MS, (socket: Socket) => {
    // A reset also frees the memory of the kernel, where more of the answer waits.
    if (socket.writableLength > 0) socket.resetAndDestroy();
    else if (!connections.isAwaited(socket)) socket.destroy();
  });
}

/**
 * Reads nothing more from callers that do not read their answers: what they send would restart the timer. And disconnects
 * those with most of their answers unread, while all unread answers together need too much memory.
 */
export function limitUnreadAnswers(server: FastifyInstance, connections: Connections): void {
  const timer = setInterval(() => {
    const unread = connections.sockets.filter(({ writableLength }) => writableLength > 0);
    for (const socket of unread) socket.pause();
    disconnectLargest(unread);
  }, UNREAD_CHECK_MS).unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(timer);
    done();
  });
}

function disconnectLargest(unread: Socket[]): void {
  let bytes = unread.reduce((sum, { writableLength }) => sum + writableLength, 0);
  if (bytes <= MAX_UNREAD_BYTES) return;
  for (const socket of unread.sort((a, b) => b.writableLength - a.writableLength)) {
    bytes -= socket.writableLength;
    socket.resetAndDestroy();
    if (bytes <= MAX_UNREAD_BYTES) return;
  }
}

/**
 * Closes connections on which a caller continues to send a body after the answer. Closing at once would be simpler, but
 * a caller that is still sending would often lose the answer.
 */
export function limitUnreadBodies(hooks: Hooks): void {
  hooks.onClose(({ raw }) => {
    if (!raw.complete && !raw.socket.destroyed) linger(raw);
  });
}

/**
 * Node itself reads and drops the rest of the body, so only the byte count of the socket shows how much has arrived.
 */
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
