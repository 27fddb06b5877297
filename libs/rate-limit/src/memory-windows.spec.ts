import { FakeClock } from '@app/resilience/testing';
import { describe, expect, it } from 'vitest';

import { MemoryWindows } from './memory-windows.js';

const LIMIT = { requests: 2, windowS: 60 };

describe('the windows in memory', () => {
  it('count each caller on its own', () => {
    const windows = new MemoryWindows(new FakeClock(), 1000);
    const exceeded = ['a', 'a', 'b', 'a', 'b', 'b'].map((caller) => windows.take(caller, LIMIT).exceeded);
    expect(exceeded).toStrictEqual([false, false, false, true, false, true]);
  });

  it('stay within their bound, however many callers come', () => {
    const clock = new FakeClock();
    const windows = new MemoryWindows(clock, 1000);
    for (let n = 0; n < 10_000; n += 1) {
      clock.advance(1);
      windows.take(`caller-${n}`, LIMIT);
      expect(windows.size).toBeLessThanOrEqual(1000);
    }
    expect(windows.size).toBeGreaterThan(900);
  });

  it('stay within their bound, however many requests each caller makes', () => {
    const clock = new FakeClock();
    const windows = new MemoryWindows(clock, 1000);
    for (let n = 0; n < 10_000; n += 1) {
      clock.advance(60);
      windows.take(`caller-${n % 50}`, { requests: 1000, windowS: 60 });
      expect(windows.size).toBeLessThanOrEqual(1000);
    }
  });

  it('do not free a caller from its limit when many new callers come', () => {
    const clock = new FakeClock();
    const windows = new MemoryWindows(clock, 1000);
    for (let n = 0; n < 2; n += 1) windows.take('limited', LIMIT);
    for (let n = 0; n < 10_000; n += 1) windows.take(`caller-${n}`, LIMIT);
    expect(windows.take('limited', LIMIT).exceeded).toBe(true);
  });

  it('forget callers whose window has passed', () => {
    const clock = new FakeClock();
    const windows = new MemoryWindows(clock, 100_000);
    for (let n = 0; n < 1000; n += 1) windows.take(`caller-${n}`, LIMIT);
    const full = windows.size;
    clock.advance(60_000);
    for (let n = 0; n < 600; n += 1) windows.take('another', LIMIT);
    expect(full).toBe(7000);
    expect(windows.size).toBeLessThan(10);
  });
});
