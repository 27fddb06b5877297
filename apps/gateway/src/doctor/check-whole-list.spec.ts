import type { InstanceList, ListedInstance } from '@app/outboundbot-client';
import { describe, expect, it } from 'vitest';

import { parseSettings } from '../settings/parse-settings.js';
import { checkWholeList } from './check-whole-list.js';
import type { Answer } from './service-probe.js';

const settings = parseSettings({ UPSTREAM_DEADLINE_MS: '1000' });

function list(pages: number, isComplete: boolean): InstanceList {
  const instances = Array.from(
    { length: 100 * pages },
    (_, id) => [String(id), {} as ListedInstance] as const,
  );
  return { instances: new Map(instances), pages, isComplete };
}

/** Checks a list of so many pages that take a quarter of a second each. */
function check(count: number, patienceMs = 0) {
  const readNext = ({ pages }: InstanceList): Promise<Answer<InstanceList>> =>
    Promise.resolve({
      outcome: {
        kind: 'success',
        value: list(pages + 1, pages + 1 === count),
        requestId: null,
        retry: 'never',
      },
      description: undefined,
      ms: 250,
      receivedAt: 0,
    });
  return checkWholeList(list(1, count === 1), 250, readNext, settings, patienceMs);
}

describe('the time that the doctor measures for the whole list', () => {
  it.each([
    [1, 'ok', '100 instances on 1 page in 250 ms'],
    [2, 'ok', '200 instances on 2 pages in 500 ms'],
    [3, 'warn', '300 instances on 3 pages in 750 ms: near UPSTREAM_DEADLINE_MS (1000)'],
    [4, 'fail', '400 instances on 4 pages in 1000 ms: longer than UPSTREAM_DEADLINE_MS (1000)'],
  ])('is that of %i pages together: %s', async (pages, status, found) => {
    expect(await check(pages)).toMatchObject({ status, found });
  });

  it('ends with the deadline or the patience, whichever is later', async () => {
    const found = (pages: number, ms: number) =>
      `${100 * pages} instances on ${pages} pages in ${ms} ms, and there are more: longer than UPSTREAM_DEADLINE_MS (1000)`;
    expect(await check(99)).toMatchObject({ status: 'fail', found: found(4, 1000) });
    expect(await check(99, 2000)).toMatchObject({
      status: 'fail',
      found: found(8, 2000),
      advice: [expect.stringContaining('to 4000 or more'), expect.anything()],
    });
  });
});
