import 'reflect-metadata';

import { CredentialsUnavailableError } from '@app/outboundbot-client';

import { startGateway } from './create-gateway.js';
import { createLogger } from './http/logger.js';
import { WrongSettingsError } from './settings/parse-settings.js';
import { loadSettings } from './settings/settings.module.js';
import { stopOnSignal } from './shutdown.js';

try {
  const settings = await loadSettings();
  const logger = createLogger(settings.server.logLevel);
  stopOnSignal(await startGateway(settings, logger), logger);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
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
