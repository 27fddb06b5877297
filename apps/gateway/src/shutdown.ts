import type { Clock } from '@app/resilience';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';

import { Readiness } from './health/readiness.js';
import { CLOCK, LOGGER } from './runtime.module.js';
import { Settings } from './settings/settings.js';

/** After this long beyond the longest request, what is still open is cut: an idle client cannot hold the exit. */
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

  app.get(Readiness).stopping();
  logger.info({ drainMs: server.shutdownDrainMs }, 'stopping');
  await clock.sleep(server.shutdownDrainMs);

  const cut = setTimeout(() => {
    http.closeAllConnections();
  }, upstream.deadlineMs + GRACE_MS);
  await app.close();
  clearTimeout(cut);
  logger.info('stopped');
}
