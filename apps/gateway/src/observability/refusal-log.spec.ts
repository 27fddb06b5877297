import { FakeClock } from '@app/resilience/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { refusalLog } from './refusal-log.js';

function setUp() {
  const lines: object[] = [];
  const clock = new FakeClock();
  const write = (line: string) => void lines.push((JSON.parse(line) as { refused: object }).refused);
  const refused = refusalLog(pino({}, { write }), clock);
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await Promise.resolve();
  };
  return { refused, advance, lines, clock };
}

describe('the log of refused connections', () => {
  it('has a line for the first one at once, and a line with the number of the others ten seconds later', async () => {
    const { refused, advance, lines } = setUp();
    refused('total');
    for (let count = 0; count < 1000; count += 1) refused('address');
    await advance(9999);
    refused('total');
    expect(lines).toStrictEqual([{ total: 1 }]);
    await advance(1);
    expect(lines).toStrictEqual([{ total: 1 }, { address: 1000, total: 1 }]);
  });

  it('has at most one line in ten seconds as long as connections are refused', async () => {
    const { refused, advance, lines } = setUp();
    for (let second = 0; second < 35; second += 1) {
      refused('address');
      await advance(1000);
    }
    expect(lines).toStrictEqual([{ address: 1 }, { address: 9 }, { address: 10 }, { address: 10 }]);
  });

  it('has no further line, and no timer runs, if no other one is refused', async () => {
    const { refused, advance, lines, clock } = setUp();
    refused('total');
    await advance(60_000);
    expect(lines).toStrictEqual([{ total: 1 }]);
    expect(clock.sleeps).toHaveLength(1);
    refused('total');
    expect(lines).toStrictEqual([{ total: 1 }, { total: 1 }]);
  });
});
