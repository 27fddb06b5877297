import type { Clock } from '@app/resilience';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';

import { Readiness } from './health/readiness.js';
import { endUnusedConnections } from './http/connection-end.js';
import { CLOCK, LOGGER } from './runtime.module.js';
import { Settings } from './settings/settings.js';

/**
 * After the drain time, this often and first after this long, connections without a request are ended: a request that is
 * arriving still gets through, an idle client does not hold the exit. In milliseconds.
 */
const UNUSED_CHECK_MS = 100;

/** After this long beyond the longest request, whatever is still open is cut: that of a client that does not read. */
const GRACE_MS = 1000;

/**
 * Stops the gateway in order: not ready at once, serving for the drain time, so that load balancers notice, then
 * finishing what is in flight. Resolves when nothing is left to wait for.
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
    endUnusedConnections(fastify);
  }, UNUSED_CHECK_MS);
  const cut = setTimeout(() => {
    http.closeAllConnections();
  }, upstream.deadlineMs + GRACE_MS);
  await app.close();
  clearInterval(end);
  clearTimeout(cut);
  logger.info('stopped');
}
