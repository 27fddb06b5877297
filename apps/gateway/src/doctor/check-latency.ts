import type { Settings } from '../settings/settings.js';
import { type Finding, skip } from './finding.js';
import { judgeDuration } from './judge-duration.js';
import type { Answer } from './service-probe.js';

const CALLS = 3;

/** The median of three calls of an action, beside the time that the gateway gives to one. */
export async function checkLatency(
  action: string,
  ask: () => Promise<Answer<unknown>>,
  { upstream: { retry, deadlineMs } }: Settings,
): Promise<{ finding: Finding; medianMs?: number }> {
  const step = `latency ${action}`;
  const times: number[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const { description, ms } = await ask();
    if (!description) return { finding: skip(step, 'a call got no answer') };
    times.push(ms);
  }
  const medianMs = Math.round(times.sort((one, other) => one - other)[1] ?? 0);
  const enoughMs = 3 * medianMs;
  // An attempt ends with the deadline, too.
  const isDeadlineFirst = deadlineMs < retry.attemptTimeoutMs;
  const finding = judgeDuration(
    step,
    `${medianMs} ms, the median of ${CALLS} calls`,
    medianMs,
    isDeadlineFirst
      ? { setting: 'UPSTREAM_DEADLINE_MS', ms: deadlineMs }
      : { setting: 'UPSTREAM_ATTEMPT_TIMEOUT_MS', ms: retry.attemptTimeoutMs },
    isDeadlineFirst
      ? `Raise UPSTREAM_DEADLINE_MS to ${enoughMs} or more.`
      : `Raise UPSTREAM_ATTEMPT_TIMEOUT_MS to ${enoughMs} or more, and UPSTREAM_DEADLINE_MS (${deadlineMs}) above it.`,
    'Or run the gateway nearer to cn-shanghai.',
  );
  return { finding, medianMs };
}
