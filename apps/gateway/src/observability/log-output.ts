import { type DestinationStream, pino } from 'pino';

/** How many characters of the log are kept while the reader of the log is blocked. Further lines are dropped. */
const MAX_BACKLOG = 1_048_576;

/**
 * Writes the log to standard output as JSON. On a terminal the lines are readable text instead, if pino-pretty is
 * installed; production does not install it.
 */
export async function openLog(): Promise<DestinationStream> {
  const pretty = process.stdout.isTTY ? await import('pino-pretty').catch(() => undefined) : undefined;
  return pretty?.default({ sync: true, translateTime: 'SYS:HH:MM:ss.l' }) ?? inBatches(standardOutput());
}

/**
 * If the disk is full or the pipe is closed, log lines are lost. Without the listener, the error would end the process.
 */
function standardOutput(): DestinationStream {
  const stdout = pino.destination({ sync: true, maxLength: MAX_BACKLOG });
  stdout.on('error', () => undefined);
  return stdout;
}

/**
 * Writes the lines of one turn of the event loop together at the end of the turn. A write for each line would take an
 * eighth of the time of a cached answer (docs/adr/0011). No line is lost when the process exits.
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
