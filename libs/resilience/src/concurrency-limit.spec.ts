import { describe, expect, it } from 'vitest';

import { ConcurrencyLimit } from './concurrency-limit.js';
import { FakeClock } from './testing/fake-clock.js';
import { oneCaller } from './testing/one-caller.js';

function setUp(maxConcurrency: number, maxQueue: number) {
  const clock = new FakeClock(50_000);
  const limit = new ConcurrencyLimit({ maxConcurrency, maxQueue }, clock);
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const enter = (maxWaitMs = 1000, { callers } = oneCaller('caller', clock)) =>
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
      { callers, maxWaitMs: () => maxWaitMs },
    );
  /** Waits until every task that can continue has continued. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { clock, ends, enter, settle, limit, most: () => most, running: () => running };
}

describe('ConcurrencyLimit', () => {
  it('runs at most maxConcurrency tasks at once, and the others in the order of their arrival', async () => {
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

  it('rejects a task that has waited for the longest allowed time, and frees its place in the queue', async () => {
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

  it('evicts an abandoned task from a full queue', async () => {
    const { clock, enter, ends, settle } = setUp(1, 1);
    const first = enter();
    const caller = oneCaller('caller', clock);
    const second = enter(1000, caller);
    expect(await enter()).toMatchObject({ by: 'concurrency-limit' });
    caller.leave();
    const third = enter();
    expect(await second).toMatchObject({ by: 'concurrency-limit' });
    ends[0]?.();
    await first;
    await settle();
    ends[1]?.();
    expect(await third).toBe('done');
  });

  it('frees the slot of a task that throws', async () => {
    const clock = new FakeClock();
    const limit = new ConcurrencyLimit({ maxConcurrency: 1, maxQueue: 0 }, clock);
    const options = { callers: oneCaller('caller', clock).callers, maxWaitMs: () => 1000 };
    for (let n = 0; n < 3; n += 1) {
      await expect(limit.run(() => Promise.reject(new Error('defect')), options)).rejects.toThrow('defect');
    }
    expect(await limit.run(() => Promise.resolve('done'), options)).toBe('done');
  });

  it('loses no slot when a slot is released at the moment at which a wait ends', async () => {
    const { clock, enter, ends, settle, running } = setUp(1, 1);
    const first = enter();
    const second = enter(100);
    await settle();
    clock.advance(100);
    ends[0]?.();
    await Promise.all([first, settle()]);
    // The second task got the slot, or gave it up. In both cases the slot is not lost.
    ends[1]?.();
    await second;
    expect(running()).toBe(0);
    const third = enter();
    await settle();
    ends.at(-1)?.();
    expect(await third).toBe('done');
  });

  it('reports how many tasks run and how many wait', () => {
    const { enter, limit } = setUp(2, 10);
    expect(limit.figures).toStrictEqual({ inFlight: 0, queued: 0 });
    for (let n = 0; n < 5; n += 1) void enter();
    expect(limit.figures).toStrictEqual({ inFlight: 2, queued: 3 });
  });

  it('keeps abandoned tasks while the queue has room', async () => {
    const { clock, enter, limit } = setUp(1, 2);
    void enter();
    const caller = oneCaller('caller', clock);
    caller.leave();
    void enter(1000, caller);
    void enter();
    await Promise.resolve();
    expect(limit.figures).toStrictEqual({ inFlight: 1, queued: 2 });
  });

  it.each([
    ['in the order of their arrival', [100, 200, 300]],
    ['in the reverse order', [300, 200, 100]],
    ['in another order', [200, 100, 300]],
    ['two at a time', [200, 200, 100]],
  ])('ends each wait at its own time, also when the waits expire %s', async (_, waits) => {
    const { enter, clock, settle } = setUp(1, 10);
    void enter();
    const startedAt = clock.now();
    const ended: [number, number][] = [];
    for (const ms of waits) void enter(ms).then(() => ended.push([ms, clock.now() - startedAt]));
    await settle();
    for (let ms = 0; ms < 300; ms += 50) {
      clock.advance(50);
      await settle();
    }
    expect(ended).toStrictEqual(waits.toSorted((a, b) => a - b).map((ms) => [ms, ms]));
  });

  it('starts a timer only for a wait that ends before the others', async () => {
    const { enter, clock, settle } = setUp(1, 10);
    void enter();
    for (const ms of [200, 200, 300, 100]) void enter(ms);
    await settle();
    expect(clock.sleeps).toStrictEqual([200, 100]);
    clock.advance(100);
    await settle();
    expect(clock.sleeps).toStrictEqual([200, 100, 100]);
  });

  it('starts no timer when the last wait has ended', async () => {
    const { enter, clock, settle } = setUp(1, 10);
    void enter();
    void enter(100);
    clock.advance(100);
    await settle();
    expect(clock.sleeps).toStrictEqual([100]);
  });
});
