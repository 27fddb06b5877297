import { setTimeout as delay } from 'node:timers/promises';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';

import { Readiness } from './health/readiness.js';
import { Settings } from './settings/settings.js';

/**
 * Stops on SIGTERM or SIGINT: not ready at once, serving for the drain time, so that load balancers notice, then
 * finishing what is in flight, then exit code 0. A second signal ends it at once.
 */
export function stopOnSignal(app: NestFastifyApplication, logger: Logger): void {
  const { shutdownDrainMs } = app.get(Settings).server;
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    app.get(Readiness).stopping();
    logger.info({ signal, drainMs: shutdownDrainMs }, 'stopping');
    await delay(shutdownDrainMs);
    await app.close();
    logger.info('stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => void stop(signal));
  }
}
