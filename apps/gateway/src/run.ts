import 'reflect-metadata';

import { WrongApiKeyFileError } from '@app/authentication';
import { CredentialsUnavailableError } from '@app/outboundbot-client';
import { systemClock } from '@app/resilience';

import { createGateway, startGateway } from './create-gateway.js';
import { shutDown } from './lifecycle/shutdown.js';
import { openLog } from './observability/log-output.js';
import { loadSettings } from './settings/load-settings.js';
import { WrongSettingsError } from './settings/parse-settings.js';

/** The folder of the bundle, which also holds the files that it serves (tools/bundle.mjs). */
const FILES = new URL('.', import.meta.url);

export interface RunningGateway {
  /** Resolves when all is closed and the log is written. */
  shutDown(): Promise<void>;
}

/**
 * Runs the gateway with the settings of the environment.
 *
 * @param created gets the gateway before it listens, so that a signal can already stop it
 * @throws an error for {@link explain}
 */
export async function start(created: (gateway: RunningGateway) => void): Promise<void> {
  const settings = await loadSettings();
  const { logger, buffer } = await openLog(settings.server.logLevel, systemClock);
  const app = await createGateway({
    settings,
    logger,
    clock: systemClock,
    droppedLogLines: () => buffer.droppedLines,
    files: FILES,
  });
  created({ shutDown: () => shutDown(app).then(() => buffer.end()) });
  await startGateway(app);
  // Tells the parent process the URL, if it was started with an IPC channel.
  process.send?.({ url: await app.getUrl() });
}

/** The message for the operator at the terminal. Only an unexpected error shows its stack. */
export function explain(error: unknown): string {
  if (error instanceof WrongSettingsError || error instanceof CredentialsUnavailableError)
    return error.message;
  if (error instanceof WrongApiKeyFileError) {
    return `The gateway cannot start: AUTH_API_KEYS_FILE is invalid: ${error.message}.`;
  }
  if (!(error instanceof Error)) return 'The gateway cannot start.';
  const syscall = 'syscall' in error ? error.syscall : undefined;
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    return `The gateway cannot listen on HOST and PORT: ${error.message}.`;
  }
  if (syscall !== undefined) return `The gateway cannot start: ${error.message}.`;
  return `The gateway cannot start: ${error.stack ?? error.message}`;
}
