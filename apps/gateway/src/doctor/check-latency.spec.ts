import { describe, expect, it } from 'vitest';

import { parseSettings } from '../settings/parse-settings.js';
import { checkLatency } from './check-latency.js';
import type { Answer } from './service-probe.js';

function answers(...times: readonly (number | undefined)[]): () => Promise<Answer<unknown>> {
  const rest = [...times];
  return () => {
    const ms = rest.shift();
    const answer = { ms: ms ?? 0, description: ms === undefined ? undefined : {} };
    return Promise.resolve(answer as Answer<unknown>);
  };
}

describe('the latency that the doctor measures', () => {
  const settings = parseSettings({ UPSTREAM_ATTEMPT_TIMEOUT_MS: '1000' });
  const check = (...times: readonly (number | undefined)[]) => checkLatency('A', answers(...times), settings);

  it.each([
    [[900, 20, 30], 'ok', '30 ms, the median of 3 calls'],
    [[600, 20, 700], 'warn', '600 ms, the median of 3 calls: near UPSTREAM_ATTEMPT_TIMEOUT_MS (1000)'],
    [
      [1000, 20, 5000],
      'fail',
      '1000 ms, the median of 3 calls: longer than UPSTREAM_ATTEMPT_TIMEOUT_MS (1000)',
    ],
  ])('is the median: of %j it is %s', async (times, status, found) => {
    const { finding } = await check(...times);
    expect(finding).toMatchObject({ status, found });
  });

  it('is unknown when a call gets no answer', async () => {
    const { finding, medianMs } = await check(10, undefined);
    expect(finding).toMatchObject({ status: 'skip', found: 'a call got no answer' });
    expect(medianMs).toBeUndefined();
  });
});
