import type { Settings } from '../settings/settings.js';
import { fail, type Finding, ok, skip, warn } from './finding.js';
import type { Answer } from './service-probe.js';

const CALLS = 3;

/** The median of three calls, beside the time that an attempt of the gateway may take. */
export async function checkLatency(
  ask: () => Promise<Answer<unknown>>,
  { upstream: { retry, deadlineMs } }: Settings,
): Promise<{ finding: Finding; medianMs?: number }> {
  const times: number[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const { description, ms } = await ask();
    if (!description) return { finding: skip('latency', 'a call got no answer') };
    times.push(ms);
  }
  const medianMs = Math.round(times.sort((one, other) => one - other)[1] ?? 0);
  const found = `${medianMs} ms, the median of ${CALLS} calls`;
  const limitMs = retry.attemptTimeoutMs;
  if (medianMs >= limitMs) {
    return {
      finding: fail(
        'latency',
        `${found}: longer than UPSTREAM_ATTEMPT_TIMEOUT_MS (${limitMs})`,
        `Raise UPSTREAM_ATTEMPT_TIMEOUT_MS to ${3 * medianMs} or more, and UPSTREAM_DEADLINE_MS (${deadlineMs}) above it.`,
        'Or run the gateway nearer to cn-shanghai.',
      ),
      medianMs,
    };
  }
  if (medianMs > limitMs / 2) {
    return {
      finding: warn(
        'latency',
        `${found}: near UPSTREAM_ATTEMPT_TIMEOUT_MS (${limitMs})`,
        `Raise UPSTREAM_ATTEMPT_TIMEOUT_MS to ${3 * medianMs} or more, or slow calls will fail.`,
      ),
      medianMs,
    };
  }
  return { finding: ok('latency', found), medianMs };
}
