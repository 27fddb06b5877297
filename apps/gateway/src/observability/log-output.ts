import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

import type { Clock } from '@app/resilience';
import type { Logger } from 'pino';

import type { LogLevel } from '../settings/environment.js';
import { LogBuffer } from './log-buffer.js';
import { createLogger } from './logger.js';

const STDOUT = 1;

/** How often, and with which pause in milliseconds, an exiting process tries to write its last lines. */
const LAST_TRIES = 50;
const LAST_PAUSE_MS = 5;

export interface Log {
  readonly logger: Logger;
  readonly buffer: LogBuffer;
}

/**
 * Writes the log to standard output as JSON. On a terminal the lines are readable text instead, if pino-pretty is
 * installed; production does not install it.
 */
export async function openLog(level: LogLevel, clock: Clock): Promise<Log> {
  const pretty = isatty(STDOUT) ? await import('pino-pretty').catch(() => undefined) : undefined;
  const readable = pretty?.prettyFactory({ translateTime: 'SYS:HH:MM:ss.l' });
  const descriptor = openStdout();
  const buffer = new LogBuffer((bytes) => writeSync(descriptor, bytes), clock);
  const write = (line: string): void => {
    buffer.write(readable ? readable(line) : line);
  };
  process.on('exit', () => {
    for (let tries = 0; buffer.flush() && tries < LAST_TRIES; tries += 1) pauseProcess(LAST_PAUSE_MS);
  });
  const logger = createLogger(level, { write });
  // This line must not depend on LOG_LEVEL, because a log of errors only has a gap, too.
  const always = logger.child({}, { level: 'warn' });
  buffer.onResumed = (lines) => {
    always.warn({ lines }, 'log lines are missing here: the reader of stdout was too slow');
  };
  return { logger, buffer };
}

/**
 * Returns a descriptor of standard output on which a write to a pipe, terminal or socket never waits. On a file a write
 * waits for the disk only.
 *
 * The descriptor is a new one if possible: O_NONBLOCK on standard output itself would also apply to the shell and to
 * other programs with the same standard output.
 */
function openStdout(): number {
  // A file opened again would be written from its beginning.
  if (fstatSync(STDOUT).isFile()) return STDOUT;
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${STDOUT}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // A socket cannot be opened again, nor can the pipe of another user. Node sets O_NONBLOCK on both for
    // `process.stdout`, and takes it off at exit.
    return process.stdout.fd;
  }
}

function pauseProcess(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
