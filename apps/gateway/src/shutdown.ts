import { setTimeout as delay } from 'node:timers/promises';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';

import { Readiness } from './health/readiness.js';
import { Settings } from './settings/settings.js';

/** After this long beyond the longest request, what is still open is cut: an idle client cannot hold the exit. */
const GRACE_MS = 1000;

/**
 * Stops on SIGTERM or SIGINT: not ready at once, serving for the drain time, so that load balancers notice, then
 * finishing what is in flight, then exit code 0. A second signal ends it at once.
 */
export function stopOnSignal(app: NestFastifyApplication, logger: Logger): void {
  const { server, upstream } = app.get(Settings);
  const http = app.getHttpServer();
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    app.get(Readiness).stopping();
    logger.info({ signal, drainMs: server.shutdownDrainMs }, 'stopping');
    await delay(server.shutdownDrainMs);
    const cut = setTimeout(() => {
      http.closeAllConnections();
    }, upstream.deadlineMs + GRACE_MS);
    await app.close();
    clearTimeout(cut);
    logger.info('stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => void stop(signal));
  }
}
