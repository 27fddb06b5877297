import { describe, expect, it } from 'vitest';

import { systemClock } from './clock.js';

describe("the system's clock", () => {
  it('tells epoch milliseconds', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
  });

  it('sleeps, with a signal and without', async () => {
    const start = performance.now();
    await systemClock.sleep(10);
    await systemClock.sleep(10, new AbortController().signal);
    expect(performance.now() - start).toBeGreaterThan(15);
  });

  it.each([
    [
      'comes',
      (controller: AbortController) =>
        setTimeout(() => {
          controller.abort();
        }, 5),
    ],
    [
      'has come',
      (controller: AbortController) => {
        controller.abort();
      },
    ],
  ])('wakes when the signal %s', async (_, abort) => {
    const controller = new AbortController();
    abort(controller);
    const start = performance.now();
    await systemClock.sleep(60_000, controller.signal);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
