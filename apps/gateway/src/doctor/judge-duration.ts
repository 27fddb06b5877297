import { fail, type Finding, ok, warn } from './finding.js';

/** A setting that limits how long something may take. */
export interface TimeLimit {
  readonly setting: string;
  readonly ms: number;
}

/**
 * Compares what something took with its limit. More than half of the limit is a warning.
 *
 * @param advice what to do if it took too long
 */
export function judgeDuration(
  step: string,
  found: string,
  ms: number,
  limit: TimeLimit,
  ...advice: string[]
): Finding {
  if (ms >= limit.ms) return fail(step, `${found}: longer than ${limit.setting} (${limit.ms})`, ...advice);
  if (ms > limit.ms / 2) return warn(step, `${found}: near ${limit.setting} (${limit.ms})`, ...advice);
  return ok(step, found);
}
