import type { Clock } from '@app/resilience';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';

import { Connections } from '../http/connections.js';
import type { Hooks } from '../http/hooks.js';
import { CLOCK, LOGGER } from '../runtime/runtime.module.js';
import { Settings } from '../settings/settings.js';
import { Readiness } from './readiness.js';

/**
 * The interval in which connections without a request are closed after the drain time, in milliseconds. They are first
 * closed after one interval, so that a request that is just arriving is still answered.
 */
const IDLE_CHECK_MS = 100;

/**
 * How long a stopping gateway waits beyond the deadline of its requests, in milliseconds. Then it closes all
 * connections: the remaining clients do not read their answers.
 */
const GRACE_MS = 1000;

/** While the gateway is stopping, every answer closes its connection, so that callers connect to another replica. */
export function endConnectionsWhenStopping(hooks: Hooks, readiness: Readiness): void {
  hooks.onSend((_request, reply) => {
    if (readiness.status === 'stopping') reply.header('connection', 'close');
  });
}

/**
 * Stops the gateway. It reports at once that it is not ready, but serves during the drain time, so that load balancers
 * notice. Then it finishes the requests in flight. Resolves when everything is closed.
 */
export async function shutDown(app: NestFastifyApplication): Promise<void> {
  const clock = app.get<Clock>(CLOCK);
  const logger = app.get<Logger>(LOGGER);
  const { server, upstream } = app.get(Settings);
  const http = app.getHttpServer();
  const connections = app.get(Connections);

  app.get(Readiness).stopping();
  logger.info({ drainMs: server.shutdownDrainMs }, 'stopping');
  await clock.sleep(server.shutdownDrainMs);

  const end = setInterval(() => {
    connections.closeIdle();
  }, IDLE_CHECK_MS);
  const cut = setTimeout(() => {
    http.closeAllConnections();
  }, upstream.deadlineMs + GRACE_MS);
  await app.close();
  clearInterval(end);
  clearTimeout(cut);
  logger.info('stopped');
}
