import { describe, expect, it } from 'vitest';

import { systemClock } from './clock.js';

describe('systemClock', () => {
  it('returns epoch milliseconds', () => {
    const before = Date.now();
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it('sleeps as long as asked, with and without a signal', async () => {
    const start = performance.now();
    await systemClock.sleep(10);
    await systemClock.sleep(10, new AbortController().signal);
    expect(performance.now() - start).toBeGreaterThan(15);
  });

  it.each([
    [
      'aborts during the sleep',
      (controller: AbortController) =>
        setTimeout(() => {
          controller.abort();
        }, 5),
    ],
    [
      'was aborted before',
      (controller: AbortController) => {
        controller.abort();
      },
    ],
  ])('ends a sleep when the signal %s', async (_, abort) => {
    const controller = new AbortController();
    abort(controller);
    // Otherwise the test times out.
    await systemClock.sleep(60_000, controller.signal);
  });
});
