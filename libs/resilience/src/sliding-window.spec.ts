import { expect, it } from 'vitest';

import { SlidingWindow } from './sliding-window.js';
import { FakeClock } from './testing/fake-clock.js';

function setUp(now = 5000) {
  const clock = new FakeClock(now);
  return { clock, window: new SlidingWindow(1000, clock) };
}

it('counts calls and failures', () => {
  const { window } = setUp();
  window.add(true);
  window.add(false);
  expect(window.counts()).toStrictEqual({ total: 2, failures: 1 });
});

it('forgets a call as soon as the window has passed', () => {
  const { window, clock } = setUp();
  window.add(true);
  clock.advance(999);
  expect(window.counts()).toStrictEqual({ total: 1, failures: 1 });
  clock.advance(1);
  expect(window.counts()).toStrictEqual({ total: 0, failures: 0 });
});

it('forgets all calls in one tenth of the window together', () => {
  const { window, clock } = setUp();
  window.add(true);
  clock.advance(99);
  window.add(true);
  clock.advance(901);
  expect(window.counts().total).toBe(0);
});

it('forgets calls in different tenths of the window separately', () => {
  const { window, clock } = setUp();
  window.add(true);
  clock.advance(100);
  window.add(false);
  clock.advance(99);
  window.add(false);
  clock.advance(801);
  expect(window.counts()).toStrictEqual({ total: 2, failures: 0 });
});

it('counts nothing after it was cleared', () => {
  const { window } = setUp();
  window.add(true);
  window.clear();
  expect(window.counts()).toStrictEqual({ total: 0, failures: 0 });
});
