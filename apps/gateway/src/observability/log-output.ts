import { type DestinationStream, pino } from 'pino';

/** How much of the log waits for a target that takes nothing, in characters; what comes then is dropped. */
const MAX_BACKLOG = 1_048_576;

/**
 * Where the log goes: to standard output, as JSON; and as lines for people if a person is looking, on a terminal, and
 * pino-pretty is installed, which a production install leaves out.
 */
export async function openLog(): Promise<DestinationStream> {
  const pretty = process.stdout.isTTY ? await import('pino-pretty').catch(() => undefined) : undefined;
  return pretty?.default({ sync: true, translateTime: 'SYS:HH:MM:ss.l' }) ?? inBatches(standardOutput());
}

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
