import type { Clock } from '@app/resilience';
import type { Logger } from 'pino';

/** The shortest time between two lines, in milliseconds. A flood of connections must not become a flood of lines. */
const INTERVAL_MS = 10_000;

/**
 * Returns a function to call for each refused connection. The first one is logged at once, and those that follow are counted
 * in a line at the end of the interval.
 */
export function refusalLog(logger: Logger, clock: Clock): (reason: string) => void {
  /** The refusals since the last line, by reason; undefined if that line is longer ago than the interval. */
  let counts: Record<string, number> | undefined;
  const write = (refused: Record<string, number>): void => {
    counts = {};
    void clock.sleep(INTERVAL_MS).then(() => {
      const rest = counts ?? {};
      counts = undefined;
      if (Object.keys(rest).length > 0) write(rest);
    });
    logger.warn({ refused }, 'connections refused');
  };
  return (reason) => {
    if (counts) counts[reason] = (counts[reason] ?? 0) + 1;
    else write({ [reason]: 1 });
  };
}
