import { describe, expect, it } from 'vitest';

import { Singleflight } from './singleflight.js';

function setUp() {
  const flights = new Singleflight<{ result: Promise<string> }>();
  const launched: { land: (value: string) => void; crash: (error: Error) => void }[] = [];
  const launch = () => ({
    result: new Promise<string>((land, crash) => {
      launched.push({ land, crash });
    }),
  });
  return { flights, launched, launch };
}

describe('Singleflight', () => {
  it('gives all callers of a key the same flight', async () => {
    const { flights, launched, launch } = setUp();
    const joined = Array.from({ length: 300 }, () => flights.join('a', launch));
    expect(launched).toHaveLength(1);
    expect(joined.map(({ collapsed }) => collapsed)).toStrictEqual([
      false,
      ...Array<boolean>(299).fill(true),
    ]);
    launched[0]?.land('x');
    expect(await Promise.all(joined.map(({ flight }) => flight.result))).toStrictEqual(Array(300).fill('x'));
  });

  it('starts a flight for each key, and a new flight when a caller has got the result of the last one', async () => {
    const { flights, launched, launch } = setUp();
    const { flight } = flights.join('a', launch);
    flights.join('b', launch);
    expect(launched).toHaveLength(2);
    const next = flight.result.then(() => flights.join('a', launch));
    launched[0]?.land('x');
    expect((await next).collapsed).toBe(false);
  });

  it('gives an exception to all callers of the flight, but not to later callers', async () => {
    const { flights, launched, launch } = setUp();
    const joined = [flights.join('a', launch), flights.join('a', launch)];
    launched[0]?.crash(new Error('crash'));
    for (const { flight } of joined) await expect(flight.result).rejects.toThrow('crash');
    expect(flights.join('a', launch).collapsed).toBe(false);
  });
});
