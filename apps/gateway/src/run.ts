import 'reflect-metadata';

import { WrongApiKeyFileError } from '@app/authentication';
import { CredentialsUnavailableError } from '@app/outboundbot-client';
import { systemClock } from '@app/resilience';

import { createGateway, startGateway } from './create-gateway.js';
import { createLogger } from './log/logger.js';
import { openLog } from './log/output.js';
import { loadSettings } from './settings/load-settings.js';
import { WrongSettingsError } from './settings/parse-settings.js';
import { shutDown } from './shutdown.js';

/** The bundle's own folder: what it serves lies beside it (tools/bundle.mjs), and it only ever runs bundled. */
const FILES = new URL('.', import.meta.url);

export interface RunningGateway {
  /** Resolves when nothing is left to wait for. */
  shutDown(): Promise<void>;
}

/**
 * Runs the gateway as the environment says.
 *
 * @param created is told of it before it listens, as it can be stopped from then on
 * @throws what {@link explain} explains
 */
export async function start(created: (gateway: RunningGateway) => void): Promise<void> {
  const settings = await loadSettings();
  const logger = createLogger(settings.server.logLevel, await openLog());
  const app = await createGateway({ settings, logger, clock: systemClock, files: FILES });
  created({ shutDown: () => shutDown(app) });
  await startGateway(app);
  // Whoever started this process with a channel to it learns where it listens.
  process.send?.({ url: await app.getUrl() });
}

/** What a person at a terminal needs to know; a stack only for what nobody foresaw. */
export function explain(error: unknown): string {
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
