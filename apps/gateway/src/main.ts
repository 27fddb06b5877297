import 'reflect-metadata';

import { WrongApiKeyFileError } from '@app/authentication';
import { CredentialsUnavailableError } from '@app/outboundbot-client';
import { systemClock } from '@app/resilience';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { createGateway, startGateway } from './create-gateway.js';
import { createLogger, terminalLog } from './log/logger.js';
import { loadSettings } from './settings/load-settings.js';
import { WrongSettingsError } from './settings/parse-settings.js';
import { shutDown } from './shutdown.js';

let app: NestFastifyApplication | undefined;
const stop = { asked: false };

/** The first SIGTERM or SIGINT stops in order, with exit code 0; a second one ends it at once. */
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stop.asked) process.exit(1);
    stop.asked = true;
    void Promise.resolve(app && shutDown(app)).then(() => process.exit(0));
  });
}

try {
  const settings = await loadSettings();
  const logger = createLogger(settings.server.logLevel, await terminalLog());
  app = await createGateway({ settings, logger, clock: systemClock });
  await startGateway(app);
  // Whoever started this process with a channel to it learns where it listens.
  process.send?.({ url: await app.getUrl() });
} catch (error) {
  if (!stop.asked) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}

/** What a person at a terminal needs to know; a stack only for what nobody foresaw. */
function explain(error: unknown): string {
  if (error instanceof WrongSettingsError || error instanceof CredentialsUnavailableError)
    return error.message;
  if (error instanceof WrongApiKeyFileError) {
    return `The gateway cannot start. ${error.message} AUTH_API_KEYS_FILE says where it is.`;
  }
  if (!(error instanceof Error)) return 'The gateway cannot start.';
  const syscall = 'syscall' in error ? error.syscall : undefined;
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    return `The gateway cannot listen on HOST and PORT: ${error.message}.`;
  }
  if (syscall !== undefined) return `The gateway cannot start: ${error.message}.`;
  return `The gateway cannot start: ${error.stack ?? error.message}`;
}
