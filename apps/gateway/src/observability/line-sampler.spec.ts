import { FakeClock } from '@app/resilience/testing';
import { describe, expect, it } from 'vitest';

import { LineSampler } from './line-sampler.js';

function setUp() {
  const clock = new FakeClock();
  const reports: Readonly<Record<string, number>>[] = [];
  const sampler = new LineSampler(clock, (omitted) => reports.push(omitted));
  /** How many of so many lines are admitted. */
  const admitted = (count: number, address: (n: number) => string, kind = '401'): number => {
    let lines = 0;
    for (let n = 0; n < count; n += 1) if (sampler.admits(address(n), kind)) lines += 1;
    return lines;
  };
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await Promise.resolve();
  };
  return { admitted, advance, reports };
}

describe('the sampler of log lines', () => {
  it('admits ten lines a second of one address', async () => {
    const { admitted, advance } = setUp();
    expect(admitted(1000, () => '192.0.2.1')).toBe(10);
    await advance(999);
    expect(admitted(1000, () => '192.0.2.1')).toBe(0);
    await advance(1);
    expect(admitted(1000, () => '192.0.2.1')).toBe(10);
  });

  it('admits the lines of another address during a flood', () => {
    const { admitted } = setUp();
    admitted(1000, () => '192.0.2.1');
    expect(admitted(5, () => '192.0.2.2')).toBe(5);
  });

  it('admits fifty lines a second of all addresses together', async () => {
    const { admitted, advance } = setUp();
    expect(admitted(10_000, (n) => `2001:db8:${n}::`)).toBe(50);
    await advance(1000);
    expect(admitted(10_000, (n) => `2001:db8:${n}::`)).toBe(50);
  });

  it('reports the omitted lines by kind, a second after the first of them', async () => {
    const { admitted, advance, reports } = setUp();
    await advance(400);
    admitted(1000, () => '192.0.2.1');
    admitted(500, () => '192.0.2.1', '429');
    await advance(999);
    expect(reports).toStrictEqual([]);
    await advance(1);
    expect(reports).toStrictEqual([{ '401': 990, '429': 500 }]);
    admitted(30, () => '192.0.2.1');
    await advance(1000);
    expect(reports).toStrictEqual([{ '401': 990, '429': 500 }, { '401': 20 }]);
  });

  it('reports nothing if no line was omitted', async () => {
    const { admitted, advance, reports } = setUp();
    admitted(10, () => '192.0.2.1');
    await advance(5000);
    expect(reports).toStrictEqual([]);
  });
});
