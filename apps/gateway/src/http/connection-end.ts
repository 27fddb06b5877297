import type { Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';

import type { Readiness } from '../health/readiness.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The open connections, and how many answers are awaited on each. */
    readonly awaitedAnswers: Map<Socket, number>;
  }
}

/** Has callers open new connections elsewhere once the gateway stops; a kept one would hold up its exit. */
export function endConnectionsWhenStopping(server: FastifyInstance, readiness: Readiness): void {
  const awaited = new Map<Socket, number>();
  server.decorate('awaitedAnswers', awaited);
  server.server.on('connection', (socket) => {
    awaited.set(socket, 0);
    socket.once('close', () => awaited.delete(socket));
  });
  const change = (socket: Socket, by: number): void => {
    const count = awaited.get(socket);
    if (count !== undefined) awaited.set(socket, count + by);
  };
  server.addHook('onRequest', ({ raw }, _reply, done) => {
    change(raw.socket, 1);
    done();
  });
  // It does not run for who hangs up, but then the connection is gone too.
  server.addHook('onResponse', ({ raw }, _reply, done) => {
    change(raw.socket, -1);
    done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (readiness.status === 'stopping') reply.header('connection', 'close');
    done(null, payload);
  });
}

/** Ends the connections on which nobody waits for an answer. Node does not, for those on which nothing has come yet. */
export function endUnusedConnections({ awaitedAnswers }: FastifyInstance): void {
  for (const [socket, count] of awaitedAnswers) if (count === 0) socket.destroy();
}
