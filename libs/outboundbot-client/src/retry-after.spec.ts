import { describe, expect, it } from 'vitest';

import { acsRetryAfterMs, httpRetryAfterMs } from './retry-after.js';

const NOW = Date.UTC(2026, 9, 21, 7, 28, 0);

describe('x-acs-retry-after', () => {
  const read = (value: string | string[] | undefined) => acsRetryAfterMs({ 'x-acs-retry-after': value });

  it.each([
    ['0', 0],
    ['1', 1],
    ['40', 40],
    ['99', 99],
    ['100', 100],
    ['1500', 1500],
    ['99999999999999999999', 3_600_000],
    ['900, 700', 900],
    ['700 , 900', 900],
    ['700, 900 ', 900],
    [['700', '900'], 900],
    [['soon', '700'], 700],
  ])('is milliseconds, whatever its size: %s', (value, ms) => {
    expect(read(value)).toBe(ms);
  });

  it.each([undefined, '', 'soon', '-1', '1.5', '1e3', '0x10', 'Wed, 21 Oct 2026 07:28:30 GMT', ['soon', '']])(
    'says nothing as %j',
    (value) => {
      expect(read(value)).toBeUndefined();
    },
  );
});

describe('retry-after', () => {
  const read = (value: string | string[] | undefined, date?: string) =>
    httpRetryAfterMs({ 'retry-after': value, date }, NOW);

  it.each([
    ['0', 0],
    ['30', 30_000],
    ['99999999999999999999', 3_600_000],
    ['10, 30', 30_000],
    [['10', '30'], 30_000],
    [['soon', 'Wed, 21 Oct 2026 07:28:30 GMT'], 30_000],
  ])('is seconds: %s', (value, ms) => {
    expect(read(value)).toBe(ms);
  });

  it.each([
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wednesday, 21-Oct-26 07:28:30 GMT', 30_000],
    ['Wed Oct 21 07:28:30 2026', 30_000],
    ['Wed, 21 Oct 2026 07:27:00 GMT', 0],
    ['Wed, 21 Oct 2099 07:28:00 GMT', 3_600_000],
  ])('may be a date in each of its three forms: %s', (value, ms) => {
    expect(read(value)).toBe(ms);
  });

  it("counts a date from the answer's own, whatever our clock says", () => {
    expect(read('Thu, 01 Jan 2026 00:00:07 GMT', 'Thu, 01 Jan 2026 00:00:00 GMT')).toBe(7000);
  });

  it.each([
    undefined,
    '',
    'soon',
    '-1',
    '1.5',
    '2026-10-21',
    'on Wed, 21 Oct 2026 07:28:30 GMT',
    'Wed, 99 Oct 2026',
    'tomorrow',
    ['soon', ''],
  ])('says nothing as %j', (value) => {
    expect(read(value)).toBeUndefined();
  });
});
