import { describe, expect, it } from 'vitest';

import { Singleflight } from './singleflight.js';

function setUp() {
  const flights = new Singleflight<string>();
  const launched: {
    land: (value: string) => void;
    crash: (error: Error) => void;
    isWanted: () => boolean;
  }[] = [];
  const start = (isWanted: () => boolean) =>
    new Promise<string>((land, crash) => {
      launched.push({ land, crash, isWanted });
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { flights, launched, start, settle };
}

describe('Singleflight', () => {
  it('gives all callers of a key the same flight', async () => {
    const { flights, launched, start, settle } = setUp();
    const joined = Array.from({ length: 300 }, () => flights.join('a', start));
    await settle();
    expect(launched).toHaveLength(1);
    expect(joined.map(({ collapsed }) => collapsed)).toStrictEqual([
      false,
      ...Array<boolean>(299).fill(true),
    ]);
    launched[0]?.land('x');
    expect(await Promise.all(joined.map(({ result }) => result))).toStrictEqual(Array(300).fill('x'));
  });

  it('starts a flight for each key, and a new flight when the last one has ended', async () => {
    const { flights, launched, start, settle } = setUp();
    const first = flights.join('a', start);
    flights.join('b', start);
    await settle();
    expect(launched).toHaveLength(2);
    launched[0]?.land('x');
    await first.result;
    expect(flights.join('a', start).collapsed).toBe(false);
  });

  it('gives an exception to all callers of the flight, but not to later callers', async () => {
    const { flights, launched, start, settle } = setUp();
    const joined = [flights.join('a', start), flights.join('a', start)];
    await settle();
    launched[0]?.crash(new Error('crash'));
    for (const { result } of joined) await expect(result).rejects.toThrow('crash');
    expect(flights.join('a', start).collapsed).toBe(false);
  });

  it('is wanted until all callers have left, also after the first caller has left', async () => {
    const { flights, launched, start, settle } = setUp();
    const callers = [new Caller(), new Caller()];
    const joined = callers.map(({ onCallerGone }) => flights.join('a', start, onCallerGone));
    await settle();
    callers[0]?.leave();
    expect(launched[0]?.isWanted()).toBe(true);
    callers[1]?.leave();
    expect(launched[0]?.isWanted()).toBe(false);
    launched[0]?.land('x');
    expect(await Promise.all(joined.map(({ result }) => result))).toStrictEqual(['x', 'x']);
  });

  it('lets a caller join after all others have left, and the flight is wanted again', async () => {
    const { flights, launched, start, settle } = setUp();
    const caller = new Caller();
    flights.join('a', start, caller.onCallerGone);
    await settle();
    caller.leave();
    const next = flights.join('a', start);
    expect(next.collapsed).toBe(true);
    expect(launched[0]?.isWanted()).toBe(true);
    launched[0]?.land('x');
    expect(await next.result).toBe('x');
    expect(launched).toHaveLength(1);
  });

  it('stays wanted while a caller without a leave callback waits', async () => {
    const { flights, launched, start, settle } = setUp();
    const caller = new Caller();
    flights.join('a', start);
    flights.join('a', start, caller.onCallerGone);
    await settle();
    caller.leave();
    expect(launched[0]?.isWanted()).toBe(true);
  });

  it('does not count a caller that left before it joined', async () => {
    const { flights, launched, start, settle } = setUp();
    flights.join('a', start, (leave) => {
      leave();
    });
    await settle();
    expect(launched[0]?.isWanted()).toBe(false);
  });
});

/** A caller that can leave. */
class Caller {
  leave = (): void => undefined;
  readonly onCallerGone = (leave: () => void): void => {
    this.leave = leave;
  };
}
