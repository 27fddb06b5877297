import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';

import type { LogLevel } from '../settings/environment.js';

/** One JSON object a line. Of an error only type, message and stack are written: its other members may be anything. */
export function createLogger(
  level: LogLevel,
  destination: DestinationStream = inBatches(standardOutput()),
): Logger {
  const options = {
    level,
    base: null,
    timestamp,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorLine },
  };
  return pino(options, destination);
}

/** How much of the log waits for a target that takes nothing, in characters; what comes then is dropped. */
const MAX_BACKLOG = 1_048_576;

/** A full disk or a gone reader costs lines of the log, not the gateway. */
function standardOutput(): DestinationStream {
  const stdout = pino.destination({ sync: true, maxLength: MAX_BACKLOG });
  stdout.on('error', () => undefined);
  return stdout;
}

/**
 * Writes the lines of one turn of the event loop together, at its end: a write for each would cost a busy gateway more than
 * all that a line says (docs/adr/0011). Nothing waits longer than that, and nothing is lost when the process exits.
 */
function inBatches(destination: DestinationStream): DestinationStream {
  let lines = '';
  const flush = (): void => {
    if (lines === '') return;
    const batch = lines;
    lines = '';
    destination.write(batch);
  };
  process.on('exit', flush);
  return {
    write: (line) => {
      if (lines === '') setImmediate(flush);
      lines += line;
    },
  };
}

/**
 * Lines for people, if a person is looking: on a terminal, and only if pino-pretty is installed, which a production
 * install leaves out. Otherwise undefined, for JSON.
 */
export async function terminalLog(): Promise<DestinationStream | undefined> {
  if (!process.stdout.isTTY) return undefined;
  const pretty = await import('pino-pretty').catch(() => undefined);
  return pretty?.default({ sync: true, translateTime: 'SYS:HH:MM:ss.l' });
}

let written = { ms: 0, text: '' };

/** As pino's own `isoTime`, made once a millisecond: a busy gateway writes many lines in each. */
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

/** Nest's own messages as lines of the same log. What it says while it starts is only of use when debugging. */
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
