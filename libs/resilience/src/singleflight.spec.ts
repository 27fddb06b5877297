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
  const takeOff = () => new Promise((resolve) => setImmediate(resolve));
  return { flights, launched, start, takeOff };
}

describe('Singleflight', () => {
  it('gives all callers of a key the same flight', async () => {
    const { flights, launched, start, takeOff } = setUp();
    const boarded = Array.from({ length: 300 }, () => flights.join('a', start));
    await takeOff();
    expect(launched).toHaveLength(1);
    expect(boarded.map(({ collapsed }) => collapsed)).toStrictEqual([
      false,
      ...Array<boolean>(299).fill(true),
    ]);
    launched[0]?.land('x');
    expect(await Promise.all(boarded.map(({ result }) => result))).toStrictEqual(Array(300).fill('x'));
  });

  it('keeps keys apart, and starts anew when a flight has landed', async () => {
    const { flights, launched, start, takeOff } = setUp();
    const first = flights.join('a', start);
    flights.join('b', start);
    await takeOff();
    expect(launched).toHaveLength(2);
    launched[0]?.land('x');
    await first.result;
    expect(flights.join('a', start).collapsed).toBe(false);
  });

  it('shares a crash with everybody, and with nobody who comes later', async () => {
    const { flights, launched, start, takeOff } = setUp();
    const boarded = [flights.join('a', start), flights.join('a', start)];
    await takeOff();
    launched[0]?.crash(new Error('crash'));
    for (const { result } of boarded) await expect(result).rejects.toThrow('crash');
    expect(flights.join('a', start).collapsed).toBe(false);
  });

  it('is wanted until the last caller has left, even the first', async () => {
    const { flights, launched, start, takeOff } = setUp();
    const callers = [new Caller(), new Caller()];
    const boarded = callers.map(({ onCallerGone }) => flights.join('a', start, onCallerGone));
    await takeOff();
    callers[0]?.leave();
    expect(launched[0]?.isWanted()).toBe(true);
    callers[1]?.leave();
    expect(launched[0]?.isWanted()).toBe(false);
    launched[0]?.land('x');
    expect(await Promise.all(boarded.map(({ result }) => result))).toStrictEqual(['x', 'x']);
  });

  it('takes along who comes after everybody has left, and is wanted again', async () => {
    const { flights, launched, start, takeOff } = setUp();
    const caller = new Caller();
    flights.join('a', start, caller.onCallerGone);
    await takeOff();
    caller.leave();
    const next = flights.join('a', start);
    expect(next.collapsed).toBe(true);
    expect(launched[0]?.isWanted()).toBe(true);
    launched[0]?.land('x');
    expect(await next.result).toBe('x');
    expect(launched).toHaveLength(1);
  });

  it('is always wanted by a caller who cannot leave', async () => {
    const { flights, launched, start, takeOff } = setUp();
    const caller = new Caller();
    flights.join('a', start);
    flights.join('a', start, caller.onCallerGone);
    await takeOff();
    caller.leave();
    expect(launched[0]?.isWanted()).toBe(true);
  });

  it('counts a caller who had left before boarding as gone', async () => {
    const { flights, launched, start, takeOff } = setUp();
    flights.join('a', start, (leave) => {
      leave();
    });
    await takeOff();
    expect(launched[0]?.isWanted()).toBe(false);
  });
});

/** Somebody who may leave. */
class Caller {
  leave = (): void => undefined;
  readonly onCallerGone = (leave: () => void): void => {
    this.leave = leave;
  };
}
