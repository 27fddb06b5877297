import { expect, it } from 'vitest';

import { systemClock } from './clock.js';

it('the system clock sleeps for the given time', async () => {
  const startedAt = systemClock.now();
  await systemClock.sleep(20);
  expect(systemClock.now() - startedAt).toBeGreaterThanOrEqual(19);
});

it('the system clock ends a sleep at once when the signal is aborted, before or during the sleep', async () => {
  const controller = new AbortController();
  const sleep = systemClock.sleep(60_000, controller.signal);
  controller.abort();
  await sleep;
  await systemClock.sleep(60_000, controller.signal);
});
