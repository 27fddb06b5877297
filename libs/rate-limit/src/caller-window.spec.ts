import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { CallerWindow, type Quota, type RateLimitOptions } from './caller-window.js';

/** Milliseconds between requests: bursts, single requests, and pauses about as long as a window of one second. */
const gap = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 12 }) },
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 900, max: 1100 }),
);
const gaps = fc.array(gap, { maxLength: 400 });
const requests = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 90, max: 300 }));

function timesOf(pauses: readonly number[]): number[] {
  let time = 0;
  return pauses.map((pause) => (time += pause));
}

/** The quota after each request at these times. */
function takeAt(times: readonly number[], limit: RateLimitOptions): { time: number; quota: Quota }[] {
  const window = new CallerWindow();
  return times.map((time) => ({ time, quota: window.take(time, limit) }));
}

const accepted = (taken: ReturnType<typeof takeAt>): number[] =>
  taken.filter(({ quota }) => !quota.exceeded).map(({ time }) => time);

describe('the sliding window of a caller', () => {
  it('accepts no more requests in any window than the limit allows', () => {
    fc.assert(
      fc.property(gaps, requests, (pauses, limit) => {
        const times = accepted(takeAt(timesOf(pauses), { requests: limit, windowS: 1 }));
        for (const [index, time] of times.entries()) {
          const next = times[index + limit];
          if (next !== undefined) expect(next - time).toBeGreaterThanOrEqual(1000);
        }
      }),
    );
  });

  it('rejects a request only if the limit was used up in the window before it, which is 1% longer for more than 100 requests', () => {
    fc.assert(
      fc.property(gaps, requests, (pauses, limit) => {
        const taken = takeAt(timesOf(pauses), { requests: limit, windowS: 1 });
        const times = accepted(taken);
        const windowMs = limit > 100 ? 1010 : 1000;
        for (const { time, quota } of taken) {
          if (!quota.exceeded) continue;
          const recent = times.filter((each) => each <= time && each > time - windowMs);
          expect(recent.length).toBeGreaterThanOrEqual(limit);
        }
      }),
    );
  });

  it('never rejects a caller that spreads up to 100 requests evenly over each window', () => {
    for (const limit of [1, 3, 7, 50, 99, 100]) {
      const times = Array.from({ length: 5 * limit }, (_, index) => Math.ceil((index * 1000) / limit));
      expect(accepted(takeAt(times, { requests: limit, windowS: 1 }))).toHaveLength(times.length);
    }
  });

  it('never rejects a caller that stays 1% below a limit of many requests', () => {
    const limit = { requests: 5000, windowS: 10 };
    const times = Array.from({ length: 15_000 }, (_, index) => index * (10_100 / 5000));
    expect(accepted(takeAt(times, limit))).toHaveLength(times.length);
  });

  it('tells how many requests would be accepted now', () => {
    fc.assert(
      fc.property(gaps, requests, (pauses, limit) => {
        const times = timesOf(pauses);
        const now = times.at(-1) ?? 0;
        const { remaining = limit } = takeAt(times, { requests: limit, windowS: 1 }).at(-1)?.quota ?? {};
        const more = takeAt([...times, ...Array<number>(remaining + 1).fill(now)], {
          requests: limit,
          windowS: 1,
        });
        expect(more.slice(times.length).map(({ quota }) => quota.exceeded)).toStrictEqual([
          ...Array<boolean>(remaining).fill(false),
          true,
        ]);
      }),
    );
  });

  it('has more requests left after the announced time, and not before', () => {
    fc.assert(
      fc.property(gaps, requests, (pauses, limit) => {
        const times = timesOf([0, ...pauses]);
        const now = times.at(-1)!;
        const { remaining, resetMs } = takeAt(times, { requests: limit, windowS: 1 }).at(-1)!.quota;
        /** How many requests would be accepted so long after the last one. */
        const remainingAfter = (ms: number): number => {
          const { quota } = takeAt([...times, now + ms], { requests: limit, windowS: 1 }).at(-1)!;
          return quota.remaining + (quota.exceeded ? 0 : 1);
        };
        expect(resetMs).toBeLessThanOrEqual(1000);
        expect(remainingAfter(resetMs - 0.5)).toBe(remaining);
        expect(remainingAfter(resetMs)).toBeGreaterThan(remaining);
      }),
    );
  });

  it('does not let a caller make twice its quota around the end of a window', () => {
    const times = [0, ...Array<number>(9).fill(999), ...Array<number>(10).fill(1000)];
    expect(accepted(takeAt(times, { requests: 10, windowS: 1 }))).toHaveLength(11);
  });

  it('counts requests that share a record until the latest of them has left the window', () => {
    const limit = { requests: 200, windowS: 1 };
    const times = [0, ...Array<number>(199).fill(9), 1000, 1008, 1009];
    expect(accepted(takeAt(times, limit)).slice(200)).toStrictEqual([1009]);
  });

  it('does not count rejected requests', () => {
    const times = [0, 1, ...Array.from({ length: 900 }, (_, index) => 2 + index), 1010];
    expect(accepted(takeAt(times, { requests: 2, windowS: 1 }))).toStrictEqual([0, 1, 1010]);
  });

  it('keeps counting when the limit of the caller changes', () => {
    const window = new CallerWindow();
    for (let time = 0; time < 500; time += 50) window.take(time, { requests: 10, windowS: 1 });
    const lowered = { requests: 3, windowS: 1 };
    expect(window.take(500, lowered)).toStrictEqual({ exceeded: true, remaining: 0, resetMs: 850 });
    expect(window.take(1349, lowered).exceeded).toBe(true);
    expect(window.take(1350, lowered)).toMatchObject({ exceeded: false, remaining: 0 });
    expect(window.take(1350, { requests: 10, windowS: 1 })).toMatchObject({ exceeded: false, remaining: 6 });
  });

  it('holds at most 101 records, however many requests the limit allows', () => {
    const window = new CallerWindow();
    for (let time = 0; time < 5000; time += 1) window.take(time, { requests: 1_000_000, windowS: 1 });
    expect(window.size).toBeGreaterThan(90);
    expect(window.size).toBeLessThanOrEqual(101);
  });
});
