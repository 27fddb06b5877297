import type { Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';

import type { Hooks } from '../http/hooks.js';
import type { OpenConnection } from '../http/request-context.js';
import type { Readiness } from './readiness.js';

/**
 * Keeps count of the open connections and of the requests on them. Once the gateway stops, every answer closes its
 * connection, so that callers open new ones to another replica and idle ones do not delay the exit.
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
  hooks.onRequest(({ raw }) => {
    add(raw.socket, 1);
  });
  hooks.onSend((_request, reply) => {
    if (readiness.status === 'stopping') reply.header('connection', 'close');
  });
  // After a disconnect it is not called, but then the whole entry is gone.
  hooks.onResponse(({ raw }) => {
    add(raw.socket, -1);
  });
}

/** Closes the connections without a request. Node's own method spares those on which no request has come yet. */
export function closeIdleConnections({ connections }: FastifyInstance): void {
  for (const [socket, { awaited }] of connections) if (awaited === 0) socket.destroy();
}
