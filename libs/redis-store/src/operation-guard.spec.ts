import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Clock } from '@app/resilience';
import { describe, expect, it } from 'vitest';

import { NO_ANSWER, OperationGuard } from './operation-guard.js';

/** A clock that moves only in `advance`. */
class ManualClock implements Clock {
  private time = 0;
  private sleepers: { at: number; wake: () => void }[] = [];

  now(): number {
    return this.time;
  }

  wallTime(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((wake) => {
      this.sleepers.push({ at: this.time + ms, wake });
      signal?.addEventListener('abort', () => {
        wake();
      });
    });
  }

  async advance(ms: number): Promise<void> {
    this.time += ms;
    for (const { at, wake } of this.sleepers) if (at <= this.time) wake();
    this.sleepers = this.sleepers.filter(({ at }) => at > this.time);
    await nextTurn();
    await nextTurn();
  }
}

function setUp() {
  const clock = new ManualClock();
  const states: string[] = [];
  const operations: unknown[] = [];
  let opened = 0;
  const guard = new OperationGuard(
    {
      timeoutMs: 50,
      onStateChange: (change) => {
        states.push(change.state === 'up' ? 'up' : `down: ${change.operation}, ${change.reason}`);
      },
      onOpen: () => (opened += 1),
      onOperation: (...operation) => operations.push(operation),
      reasonOf: (error) => (error instanceof Error ? error.message : 'timeout'),
      isReply: (error) => (error as Error).name === 'ReplyError',
    },
    clock,
  );
  return { clock, states, operations, guard, timesOpened: () => opened };
}

const answer = (): Promise<string> => Promise.resolve('answer');
const fail = (): Promise<string> => Promise.reject(new Error('refused'));
const refuse = (): Promise<string> =>
  Promise.reject(Object.assign(new Error('NOPERM'), { name: 'ReplyError' }));
const hang = (): Promise<string> =>
  new Promise(() => {
    // This operation never ends.
  });

async function fails(guard: OperationGuard, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) expect(await guard.run('get', fail)).toBe(NO_ANSWER);
}

describe('OperationGuard', () => {
  it('returns the answer of the operation', async () => {
    const { guard, states } = setUp();
    expect(await guard.run('get', answer)).toBe('answer');
    expect(await guard.run('get', () => Promise.resolve(undefined))).toBeUndefined();
    expect(states).toStrictEqual([]);
  });

  it('returns NO_ANSWER after the time-out, and not before', async () => {
    const { guard, clock } = setUp();
    let result: unknown = 'pending';
    const run = guard.run('get', hang).then((outcome) => (result = outcome));
    await clock.advance(49);
    expect(result).toBe('pending');
    await clock.advance(1);
    await run;
    expect(result).toBe(NO_ANSWER);
  });

  it('returns an answer that arrived in time while the process was blocked', async () => {
    const { guard, clock } = setUp();
    const run = guard.run('get', async () => {
      await clock.sleep(50);
      return 'answer';
    });
    await clock.advance(1000);
    expect(await run).toBe('answer');
  });

  it('ignores a failure after the time-out', async () => {
    const { guard, clock } = setUp();
    const run = guard.run('get', async () => {
      await clock.sleep(100);
      throw new Error('too late');
    });
    await clock.advance(50);
    expect(await run).toBe(NO_ANSWER);
    await clock.advance(50);
  });

  it('opens after three failures in a row, and then runs no operation', async () => {
    const { guard, states, timesOpened } = setUp();
    await fails(guard, 3);
    let runs = 0;
    const count = (): Promise<string> => {
      runs += 1;
      return answer();
    };
    expect(await guard.run('get', count)).toBe(NO_ANSWER);
    expect(runs).toBe(0);
    expect(states).toStrictEqual(['down: get, refused']);
    expect(timesOpened()).toBe(1);
  });

  it('stays closed if an answer comes between the failures', async () => {
    const { guard, timesOpened } = setUp();
    await fails(guard, 2);
    await guard.run('get', answer);
    await fails(guard, 2);
    expect(await guard.run('get', answer)).toBe('answer');
    expect(timesOpened()).toBe(0);
  });

  it('reports one state change when many operations fail at the same time', async () => {
    const { guard, clock, states, timesOpened } = setUp();
    const runs = Array.from({ length: 20 }, () => guard.run('get', hang));
    await clock.advance(50);
    expect(new Set(await Promise.all(runs))).toStrictEqual(new Set([NO_ANSWER]));
    expect(states).toStrictEqual(['down: get, timeout']);
    expect(timesOpened()).toBe(1);
  });

  it('runs one probe after a second, and closes if Redis answers it', async () => {
    const { guard, clock, states } = setUp();
    await fails(guard, 3);
    await clock.advance(999);
    expect(await guard.run('get', answer)).toBe(NO_ANSWER);
    await clock.advance(1);
    const results = await Promise.all([guard.run('get', answer), guard.run('get', answer)]);
    expect(results).toStrictEqual(['answer', NO_ANSWER]);
    expect(await guard.run('get', answer)).toBe('answer');
    expect(states).toStrictEqual(['down: get, refused', 'up']);
  });

  it('stays open for another second if the probe fails', async () => {
    const { guard, clock, states, timesOpened } = setUp();
    await fails(guard, 3);
    await clock.advance(1000);
    await fails(guard, 1);
    expect(await guard.run('get', answer)).toBe(NO_ANSWER);
    await clock.advance(1000);
    expect(await guard.run('get', answer)).toBe('answer');
    expect(states).toStrictEqual(['down: get, refused', 'up']);
    expect(timesOpened()).toBe(2);
  });

  it('counts failures from zero after it has closed', async () => {
    const { guard, clock, timesOpened } = setUp();
    await fails(guard, 3);
    await clock.advance(1000);
    await guard.run('get', answer);
    await fails(guard, 2);
    expect(await guard.run('get', answer)).toBe('answer');
    expect(timesOpened()).toBe(1);
  });

  it('ignores the answer to an operation that began before the breaker opened', async () => {
    const { guard, clock, states } = setUp();
    const early = guard.run('get', async () => {
      await clock.sleep(10);
      return 'answer';
    });
    await fails(guard, 3);
    await clock.advance(10);
    expect(await early).toBe('answer');
    expect(await guard.run('get', answer)).toBe(NO_ANSWER);
    expect(states).toStrictEqual(['down: get, refused']);
  });

  it.each([
    ['fails', fail],
    ['is refused', refuse],
  ])('runs the others while one operation %s, and that one once a second', async (_, task) => {
    const { guard, clock, states, operations, timesOpened } = setUp();
    for (let i = 0; i < 10; i += 1) {
      expect(await guard.run('get', answer)).toBe('answer');
      expect(await guard.run('set', task)).toBe(NO_ANSWER);
    }
    expect(states).toStrictEqual([expect.stringMatching(/^down: set, /)]);
    expect(guard.isUp).toBe(false);
    expect(timesOpened()).toBe(0);
    const tried = () => operations.filter((operation) => (operation as string[])[0] === 'set').length;
    expect(tried()).toBe(3);
    await clock.advance(1000);
    for (let i = 0; i < 10; i += 1) await guard.run('set', task);
    expect(tried()).toBe(4);
  });

  it('uses a Redis that refuses many operations at once', async () => {
    const { guard, states, timesOpened } = setUp();
    const refused = Array.from({ length: 10 }, () => [guard.run('set', refuse), guard.run('lock', refuse)]);
    await Promise.all(refused.flat());
    expect(await guard.run('get', answer)).toBe('answer');
    expect(states).toStrictEqual(['down: set, NOPERM', 'down: lock, NOPERM']);
    expect(timesOpened()).toBe(0);
  });

  it('reports that an operation works again after twenty successes in a row', async () => {
    const { guard, clock, states } = setUp();
    for (let i = 0; i < 3; i += 1) await guard.run('set', refuse);
    await clock.advance(1000);
    for (let i = 0; i < 19; i += 1) expect(await guard.run('set', answer)).toBe('answer');
    await guard.run('get', answer);
    expect(states).toStrictEqual(['down: set, NOPERM']);
    await guard.run('set', answer);
    expect(states).toStrictEqual(['down: set, NOPERM', 'up']);
    expect(guard.isUp).toBe(true);
  });

  it.each([3, 10])('reports that one of %i is refused, and goes on with all', async (every) => {
    const { guard, states } = setUp();
    for (let i = 1; i <= 10 * every; i += 1) {
      const isRefused = i % every === 0;
      expect(await guard.run('set', isRefused ? refuse : answer)).toBe(isRefused ? NO_ANSWER : 'answer');
    }
    expect(states).toStrictEqual(['down: set, NOPERM']);
  });

  it('does not report that one of a hundred fails', async () => {
    const { guard, states } = setUp();
    for (let i = 1; i <= 1000; i += 1) await guard.run('set', i % 100 === 0 ? fail : answer);
    expect(states).toStrictEqual([]);
    expect(guard.isUp).toBe(true);
  });

  it('opens after three failures in a row, if reads and writes fail', async () => {
    const { guard, clock, states } = setUp();
    for (const operation of ['get', 'set', 'get'] as const) await guard.run(operation, fail);
    expect(states).toStrictEqual(['down: get, refused']);
    await clock.advance(1000);
    expect(await guard.run('set', answer)).toBe('answer');
    expect(states).toStrictEqual(['down: get, refused', 'up']);
  });

  it('reports Redis itself, too, when it fails while it refuses an operation', async () => {
    const { guard, clock, states } = setUp();
    for (let i = 0; i < 3; i += 1) await guard.run('set', refuse);
    await fails(guard, 3);
    expect(states).toStrictEqual(['down: set, NOPERM', 'down: get, refused']);
    await clock.advance(1000);
    expect(await guard.run('get', answer)).toBe('answer');
    for (let i = 0; i < 20; i += 1) await guard.run('set', answer);
    expect(states).toStrictEqual(['down: set, NOPERM', 'down: get, refused', 'up']);
  });

  it('reports the outcome and the duration of each operation that it tried, and of no other', async () => {
    const { guard, clock, operations } = setUp();
    const slow = guard.run('get', async () => {
      await clock.sleep(20);
      return 'answer';
    });
    await clock.advance(20);
    await slow;
    const hung = guard.run('lock', hang);
    await clock.advance(50);
    await hung;
    for (let i = 0; i < 4; i += 1) await guard.run('set', fail);
    expect(operations).toStrictEqual([
      ['get', 'ok', 20, undefined],
      ['lock', 'timeout', 50, 'timeout'],
      ['set', 'error', 0, 'refused'],
      ['set', 'error', 0, 'refused'],
    ]);
  });
});
