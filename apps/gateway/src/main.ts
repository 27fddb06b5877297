import 'reflect-metadata';

import { CredentialsUnavailableError } from '@app/outboundbot-client';
import { systemClock } from '@app/resilience';

import { startGateway } from './create-gateway.js';
import { createLogger } from './log/logger.js';
import { loadSettings } from './settings/load-settings.js';
import { WrongSettingsError } from './settings/parse-settings.js';
import { shutDown } from './shutdown.js';

try {
  const settings = await loadSettings();
  const logger = createLogger(settings.server.logLevel);
  const app = await startGateway({ settings, logger, clock: systemClock });
  onStopSignal(() => shutDown(app));
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}

/** The first SIGTERM or SIGINT stops in order, with exit code 0; a second one ends it at once. */
function onStopSignal(stop: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      void stop().then(() => process.exit(0));
    });
  }
}

/** What a person at a terminal needs to know; a stack only for what nobody foresaw. */
function explain(error: unknown): string {
  if (error instanceof WrongSettingsError || error instanceof CredentialsUnavailableError)
    return error.message;
  if (!(error instanceof Error)) return 'The gateway cannot start.';
  if ('syscall' in error && error.syscall === 'listen') {
    return `The gateway cannot listen on HOST and PORT: ${error.message}.`;
  }
  return `The gateway cannot start: ${error.stack ?? error.message}`;
}
