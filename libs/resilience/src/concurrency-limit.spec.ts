import { describe, expect, it } from 'vitest';

import { ConcurrencyLimit } from './concurrency-limit.js';
import { FakeClock } from './testing/fake-clock.js';

const always = (): boolean => true;

function setUp(maxConcurrency: number, maxQueue: number) {
  const clock = new FakeClock();
  const limit = new ConcurrencyLimit({ maxConcurrency, maxQueue }, clock);
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const enter = (maxWaitMs = 1000, isWanted = always) =>
    limit.run(
      () => {
        running += 1;
        most = Math.max(most, running);
        return new Promise<string>((resolve) => {
          ends.push(() => {
            running -= 1;
            resolve('done');
          });
        });
      },
      maxWaitMs,
      isWanted,
    );
  /** Lets everything that can go on go on. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { clock, ends, enter, settle, most: () => most, running: () => running };
}

describe('ConcurrencyLimit', () => {
  it('runs no more than so many at once, the others in their order', async () => {
    const { enter, ends, settle, most } = setUp(2, 10);
    const order: number[] = [];
    const all = Array.from({ length: 6 }, (_, n) => enter().then(() => order.push(n)));
    for (let n = 0; n < 6; n += 1) {
      await settle();
      ends[n]?.();
    }
    await Promise.all(all);
    expect(order).toStrictEqual([0, 1, 2, 3, 4, 5]);
    expect(most()).toBe(2);
  });

  it('rejects at once when the queue is full', async () => {
    const { enter, ends, settle } = setUp(1, 1);
    const first = enter();
    const second = enter();
    expect(await enter()).toMatchObject({ kind: 'rejected', by: 'concurrency-limit', retryAfterMs: 1000 });
    ends[0]?.();
    await first;
    await settle();
    ends[1]?.();
    expect(await second).toBe('done');
  });

  it('rejects who has waited long enough, and forgets the place', async () => {
    const { clock, enter, ends, settle } = setUp(1, 1);
    const first = enter();
    const second = enter(100);
    clock.advance(100);
    expect(await second).toMatchObject({ by: 'concurrency-limit' });
    const third = enter();
    ends[0]?.();
    await first;
    await settle();
    ends[1]?.();
    expect(await third).toBe('done');
  });

  it('lets who is no longer wanted give way in a full queue', async () => {
    const { enter, ends, settle } = setUp(1, 1);
    const first = enter();
    let wanted = true;
    const second = enter(1000, () => wanted);
    expect(await enter()).toMatchObject({ by: 'concurrency-limit' });
    wanted = false;
    const third = enter();
    expect(await second).toMatchObject({ by: 'concurrency-limit' });
    ends[0]?.();
    await first;
    await settle();
    ends[1]?.();
    expect(await third).toBe('done');
  });

  it('loses no place to a task that throws', async () => {
    const clock = new FakeClock();
    const limit = new ConcurrencyLimit({ maxConcurrency: 1, maxQueue: 0 }, clock);
    for (let n = 0; n < 3; n += 1) {
      await expect(limit.run(() => Promise.reject(new Error('defect')), 1000, always)).rejects.toThrow(
        'defect',
      );
    }
    expect(await limit.run(() => Promise.resolve('done'), 1000, always)).toBe('done');
  });

  it('loses no place when a place comes free in the very moment that patience ends', async () => {
    const { clock, enter, ends, settle, running } = setUp(1, 1);
    const first = enter();
    const second = enter(100);
    await settle();
    clock.advance(100);
    ends[0]?.();
    await Promise.all([first, settle()]);
    // It got the place after all, or gave it up; either way it is not lost.
    ends[1]?.();
    await second;
    expect(running()).toBe(0);
    const third = enter();
    await settle();
    ends.at(-1)?.();
    expect(await third).toBe('done');
  });
});
