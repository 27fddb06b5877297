import { expect, it } from 'vitest';

import { parseRetryAfter } from './retry-after.js';

it.each([
  ['0', 0],
  ['1', 1000],
  ['30', 30_000],
  ['99', 99_000],
  ['100', 100],
  ['1500', 1500],
  ['999999999', 3_600_000],
])('reads %s as %i ms, in seconds or milliseconds by its size', (value, ms) => {
  expect(parseRetryAfter(value)).toBe(ms);
});

it.each([undefined, '', 'soon', '-1', '1.5', '1e3', '12345678901', 'Wed, 21 Oct 2026 07:28:00 GMT'])(
  'makes nothing of %s',
  (value) => {
    expect(parseRetryAfter(value)).toBeUndefined();
  },
);
