import { FakeClock } from '@app/resilience/testing';
import { expect, it } from 'vitest';

import { HoldOff } from './hold-off.js';

it('holds a key off for the given time, and no other key', () => {
  const clock = new FakeClock(5000);
  const holdOff = new HoldOff(clock);
  holdOff.start('a', 300);
  clock.advance(299);
  expect([holdOff.isOn('a'), holdOff.isOn('b')]).toStrictEqual([true, false]);
  clock.advance(1);
  expect(holdOff.isOn('a')).toBe(false);
});

it('counts from the latest start', () => {
  const clock = new FakeClock(5000);
  const holdOff = new HoldOff(clock);
  holdOff.start('a', 10_000);
  holdOff.start('a', 300);
  clock.advance(300);
  expect(holdOff.isOn('a')).toBe(false);
});

it('ends a hold-off early', () => {
  const holdOff = new HoldOff(new FakeClock(5000));
  holdOff.start('a', 300);
  holdOff.end('a');
  expect(holdOff.isOn('a')).toBe(false);
});
