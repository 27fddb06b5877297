import { describe, expect, it } from 'vitest';

import { systemClock } from './clock.js';

describe('systemClock', () => {
  it('returns epoch milliseconds', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
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
    const start = performance.now();
    await systemClock.sleep(60_000, controller.signal);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
