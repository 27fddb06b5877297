import type { Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';

import type { Readiness } from '../health/readiness.js';
import type { Hooks } from './hooks.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The open connections. */
    readonly connections: Map<Socket, Connection>;
  }
}

interface Connection {
  /** How many requests on it wait for their answers. */
  awaited: number;
}

/** Has callers open new connections elsewhere once the gateway stops; a kept one would hold up its exit. */
export function endConnectionsWhenStopping(server: FastifyInstance, readiness: Readiness): Hooks {
  const connections = new Map<Socket, Connection>();
  server.decorate('connections', connections);
  server.server.on('connection', (socket) => {
    connections.set(socket, { awaited: 0 });
    socket.once('close', () => connections.delete(socket));
  });
  const change = (socket: Socket, by: number): void => {
    const connection = connections.get(socket);
    if (connection) connection.awaited += by;
  };
  return {
    onArrival: ({ raw }) => {
      change(raw.socket, 1);
    },
    onSend: (_request, reply) => {
      if (readiness.status === 'stopping') reply.header('connection', 'close');
    },
    // Whoever hangs up takes the connection along.
    onSent: ({ raw }) => {
      change(raw.socket, -1);
    },
  };
}

/** Ends the connections on which nobody waits for an answer. Node does not, for those on which nothing has come yet. */
export function endUnusedConnections({ connections }: FastifyInstance): void {
  for (const [socket, { awaited }] of connections) if (awaited === 0) socket.destroy();
}
