import { FakeClock } from '@app/resilience/testing';
import { pino } from 'pino';
import { expect, it } from 'vitest';

import { refusalLog } from './refusal-log.js';

it('writes the first refusal at once, and then at most one line in ten seconds with the counts since the last one', () => {
  const lines: string[] = [];
  const clock = new FakeClock();
  const refused = refusalLog(pino({}, { write: (line: string) => void lines.push(line) }), clock);
  refused('total');
  for (let count = 0; count < 1000; count += 1) refused('address');
  clock.advance(9999);
  refused('total');
  expect(lines).toHaveLength(1);
  clock.advance(1);
  refused('total');
  expect(lines.map((line) => (JSON.parse(line) as { refused: object }).refused)).toStrictEqual([
    { total: 1 },
    { total: 2, address: 1000 },
  ]);
});
