import { expect, it } from 'vitest';

import { systemClock } from './clock.js';

it('sleeps for as long as it should', async () => {
  const startedAt = systemClock.now();
  await systemClock.sleep(20);
  expect(systemClock.now() - startedAt).toBeGreaterThanOrEqual(19);
});

it('wakes at once when the signal comes, or has come before', async () => {
  const controller = new AbortController();
  const sleep = systemClock.sleep(60_000, controller.signal);
  controller.abort();
  await sleep;
  await systemClock.sleep(60_000, controller.signal);
});
