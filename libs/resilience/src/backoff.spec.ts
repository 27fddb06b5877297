import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { backoffMs } from './backoff.js';

const almostOne = (): number => 0.999999;

describe('backoffMs', () => {
  it('doubles its ceiling with every retry, up to the cap', () => {
    const ceilings = [1, 2, 3, 4, 5, 6].map((n) =>
      backoffMs(n, { baseMs: 100, capMs: 1000 }, false, almostOne),
    );
    expect(ceilings.map(Math.ceil)).toStrictEqual([100, 200, 400, 800, 1000, 1000]);
  });

  it('waits longer after throttling', () => {
    expect(Math.ceil(backoffMs(1, { baseMs: 100, capMs: 1000 }, true, almostOne))).toBe(500);
  });

  it('spreads over the whole range from 0 to the ceiling', () => {
    expect(backoffMs(3, { baseMs: 100, capMs: 1000 }, false, () => 0)).toBe(0);
    expect(backoffMs(3, { baseMs: 100, capMs: 1000 }, false, () => 0.5)).toBe(200);
  });

  it('never exceeds the cap and never is negative', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.nat(1e6),
        fc.nat(1e6),
        fc.boolean(),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (retry, baseMs, capMs, longer, random) => {
          const wait = backoffMs(retry, { baseMs, capMs }, longer, () => random);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(capMs);
        },
      ),
    );
  });
});
