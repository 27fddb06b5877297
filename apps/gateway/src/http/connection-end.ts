import type { FastifyInstance } from 'fastify';

import type { Readiness } from '../health/readiness.js';

/** Has callers open new connections elsewhere once the gateway stops; a kept one would hold up its exit. */
export function endConnectionsWhenStopping(server: FastifyInstance, readiness: Readiness): void {
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (readiness.status === 'stopping') reply.header('connection', 'close');
    done(null, payload);
  });
}
