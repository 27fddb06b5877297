import type { Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';

import type { Hooks } from '../http/hooks.js';
import type { OpenConnection } from '../http/request-context.js';
import type { Readiness } from './readiness.js';

/**
 * How many requests of one connection may wait for their answers. HTTP allows a caller to send requests without waiting
 * (RFC 9112, section 9.3.2), but each of them needs memory until its answer is sent, and a caller that never reads gets none.
 */
const MAX_PIPELINED = 100;

/** How many bytes of answers may wait in this process for all callers to read them. */
const MAX_UNREAD_BYTES = 67_108_864;
/** How often that is checked, in milliseconds. */
const UNREAD_CHECK_MS = 1000;

/**
 * Counts the open connections and the requests on them, and closes a connection with too many. While the gateway is
 * stopping, every answer closes its connection, so that callers connect to another replica and idle connections do not delay
 * the exit.
 */
export function trackConnections(server: FastifyInstance, hooks: Hooks, readiness: Readiness): void {
  const connections = new Map<Socket, OpenConnection>();
  server.decorate('connections', connections);
  server.server.on('connection', (socket) => {
    connections.set(socket, { awaited: 0 });
    socket.once('close', () => connections.delete(socket));
  });
  const add = (socket: Socket, requests: number): void => {
    const connection = connections.get(socket);
    if (connection) connection.awaited += requests;
  };
  // Not a hook: Fastify runs no hooks for a request whose URL it cannot decode.
  server.server.prependListener('request', ({ socket }) => {
    add(socket, 1);
    if ((connections.get(socket)?.awaited ?? 0) > MAX_PIPELINED) socket.destroy();
  });
  hooks.onSend((_request, reply) => {
    if (readiness.status === 'stopping') reply.header('connection', 'close');
  });
  // This hook does not run after a disconnect, but then the whole entry is deleted.
  hooks.onResponse(({ raw }) => {
    add(raw.socket, -1);
  });
}

/**
 * Closes the connections of the callers that have most of their answers unread, while all unread answers together need too
 * much memory.
 */
export function limitUnreadAnswers(server: FastifyInstance): void {
  const timer = setInterval(() => {
    disconnectLargest([...server.connections.keys()]);
  }, UNREAD_CHECK_MS).unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(timer);
    done();
  });
}

function disconnectLargest(sockets: readonly Socket[]): void {
  const waiting = sockets.filter(({ writableLength }) => writableLength > 0);
  let unread = waiting.reduce((sum, { writableLength }) => sum + writableLength, 0);
  if (unread <= MAX_UNREAD_BYTES) return;
  for (const socket of waiting.sort((a, b) => b.writableLength - a.writableLength)) {
    unread -= socket.writableLength;
    socket.destroy();
    if (unread <= MAX_UNREAD_BYTES) return;
  }
}

/**
 * Closes the connections on which no request is open. Node's own method keeps connections that have never had a
 * request.
 */
export function closeIdleConnections({ connections }: FastifyInstance): void {
  for (const [socket, { awaited }] of connections) if (awaited === 0) socket.destroy();
}
