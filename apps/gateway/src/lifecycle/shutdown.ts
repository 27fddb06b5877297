import type { Clock } from '@app/resilience';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';

import { CLOCK, LOGGER } from '../runtime/runtime.module.js';
import { Settings } from '../settings/settings.js';
import { closeIdleConnections } from './open-connections.js';
import { Readiness } from './readiness.js';

/**
 * After the drain time, connections without a request are closed in this interval, in milliseconds. The first time comes
 * after one interval, so that a request that is just arriving is still answered.
 */
const IDLE_CHECK_MS = 100;

/** This long after the longest request, all connections are cut, in milliseconds: their clients do not read. */
const GRACE_MS = 1000;

/**
 * Stops the gateway: it is not ready at once, serves during the drain time, so that load balancers notice, and then
 * finishes the requests in flight. Resolves when all is closed.
 */
export async function shutDown(app: NestFastifyApplication): Promise<void> {
  const clock = app.get<Clock>(CLOCK);
  const logger = app.get<Logger>(LOGGER);
  const { server, upstream } = app.get(Settings);
  const http = app.getHttpServer();
  const fastify = app.getHttpAdapter().getInstance();

  app.get(Readiness).stopping();
  logger.info({ drainMs: server.shutdownDrainMs }, 'stopping');
  await clock.sleep(server.shutdownDrainMs);

  const end = setInterval(() => {
    closeIdleConnections(fastify);
  }, IDLE_CHECK_MS);
  const cut = setTimeout(() => {
    http.closeAllConnections();
  }, upstream.deadlineMs + GRACE_MS);
  await app.close();
  clearInterval(end);
  clearTimeout(cut);
  logger.info('stopped');
}
