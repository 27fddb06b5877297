import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';

import type { LogLevel } from '../settings/environment.js';

/**
 * Writes one JSON object per line. Of an error it writes only the type, message and stack: other members may be secret.
 */
export function createLogger(level: LogLevel, destination: DestinationStream = pino.destination()): Logger {
  const options = {
    level,
    base: null,
    timestamp,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorLine },
  };
  return pino(options, destination);
}

let written = { ms: 0, text: '' };

/**
 * Like pino's `isoTime`, but formatted only once per millisecond: a busy gateway writes many lines in a millisecond.
 */
function timestamp(): string {
  const ms = Date.now();
  if (ms !== written.ms) written = { ms, text: `,"time":"${new Date(ms).toISOString()}"` };
  return written.text;
}

function errorLine(error: unknown): unknown {
  return error instanceof Error
    ? { type: error.name, message: error.message, stack: error.stack }
    : { type: typeof error };
}

/** Writes Nest's own messages to the same log. Nest's start-up messages get the level debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error({ context: rest.at(-1) }, String(message));
  }

  warn(message: unknown, context?: unknown): void {
    this.logger.warn({ context }, String(message));
  }
}
