import { describe, expect, it } from 'vitest';

import { Singleflight } from './singleflight.js';

function setUp() {
  const flights = new Singleflight<string>();
  const launched: { land: (value: string) => void; crash: (error: Error) => void; abandoned: AbortSignal }[] =
    [];
  const start = (abandoned: AbortSignal) =>
    new Promise<string>((land, crash) => {
      launched.push({ land, crash, abandoned });
    });
  return { flights, launched, start };
}

describe('Singleflight', () => {
  it('gives all callers of a key the same flight', async () => {
    const { flights, launched, start } = setUp();
    const boarded = Array.from({ length: 300 }, () => flights.board('a', start));
    expect(launched).toHaveLength(1);
    expect(boarded.map(({ collapsed }) => collapsed)).toStrictEqual([
      false,
      ...Array<boolean>(299).fill(true),
    ]);
    launched[0]?.land('x');
    expect(await Promise.all(boarded.map(({ result }) => result))).toStrictEqual(Array(300).fill('x'));
  });

  it('keeps keys apart, and starts anew when a flight has landed', async () => {
    const { flights, launched, start } = setUp();
    const first = flights.board('a', start);
    flights.board('b', start);
    expect(launched).toHaveLength(2);
    launched[0]?.land('x');
    await first.result;
    expect(flights.board('a', start).collapsed).toBe(false);
  });

  it('shares a crash with everybody, and with nobody who comes later', async () => {
    const { flights, launched, start } = setUp();
    const boarded = [flights.board('a', start), flights.board('a', start)];
    launched[0]?.crash(new Error('crash'));
    for (const { result } of boarded) await expect(result).rejects.toThrow('crash');
    expect(flights.board('a', start).collapsed).toBe(false);
  });

  it('flies on for the others when one leaves, even the first', async () => {
    const { flights, launched, start } = setUp();
    const first = new AbortController();
    flights.board('a', start, first.signal);
    const second = flights.board('a', start, new AbortController().signal);
    first.abort();
    expect(launched[0]?.abandoned.aborted).toBe(false);
    launched[0]?.land('x');
    expect(await second.result).toBe('x');
  });

  it('is told when the last one has left, and the next caller gets a new flight', async () => {
    const { flights, launched, start } = setUp();
    const callers = [new AbortController(), new AbortController()];
    for (const { signal } of callers) flights.board('a', start, signal);
    for (const caller of callers) caller.abort();
    expect(launched[0]?.abandoned.aborted).toBe(true);
    const next = flights.board('a', start);
    expect(next.collapsed).toBe(false);
    // The abandoned one lands late, and takes nothing from its successor.
    launched[0]?.land('old');
    launched[1]?.land('new');
    expect(await next.result).toBe('new');
  });

  it('never abandons a caller who cannot leave', () => {
    const { flights, launched, start } = setUp();
    const caller = new AbortController();
    flights.board('a', start);
    flights.board('a', start, caller.signal);
    caller.abort();
    expect(launched[0]?.abandoned.aborted).toBe(false);
  });

  it('counts a caller who had left before boarding as gone', () => {
    const { flights, launched, start } = setUp();
    flights.board('a', start, AbortSignal.abort());
    expect(launched[0]?.abandoned.aborted).toBe(true);
  });
});
