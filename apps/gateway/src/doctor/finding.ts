import type { Clock } from '@app/resilience';

/**
 * - `ok`: as it should be.
 * - `warn`: a gateway works, but less well than it could.
 * - `fail`: a gateway does not work.
 * - `skip`: not checked, because it is not configured or because an earlier step failed.
 */
export type Status = 'ok' | 'warn' | 'fail' | 'skip';

/** What one step found. No text has a secret or a value of an instance. */
export interface Finding {
  readonly step: string;
  readonly status: Status;
  /** One line. */
  readonly found: string;
  /** What to do, one sentence a line. */
  readonly advice?: readonly string[];
}

export function ok(step: string, found: string): Finding {
  return { step, status: 'ok', found };
}

export function warn(step: string, found: string, ...advice: string[]): Finding {
  return { step, status: 'warn', found, advice };
}

export function fail(step: string, found: string, ...advice: string[]): Finding {
  return { step, status: 'fail', found, advice };
}

export function skip(step: string, found: string): Finding {
  return { step, status: 'skip', found };
}

/** The time since `startedAt`, for a text. */
export function elapsed(clock: Clock, startedAt: number): string {
  return `${Math.round(clock.now() - startedAt)} ms`;
}
