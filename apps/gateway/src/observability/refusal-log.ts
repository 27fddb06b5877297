import type { Clock } from '@app/resilience';
import type { Logger } from 'pino';

/** The shortest time between two lines, in milliseconds. A flood of connections must not become a flood of lines. */
const INTERVAL_MS = 10_000;

/** Returns a function to call for each refused connection. A line tells how many were refused since the line before. */
export function refusalLog(logger: Logger, clock: Clock): (reason: string) => void {
  const counts: Record<string, number> = {};
  let nextLineAt = -Infinity;
  return (reason) => {
    counts[reason] = (counts[reason] ?? 0) + 1;
    if (clock.now() < nextLineAt) return;
    nextLineAt = clock.now() + INTERVAL_MS;
    logger.warn({ refused: { ...counts } }, 'connections refused');
    for (const each of Object.keys(counts)) counts[each] = 0;
  };
}
