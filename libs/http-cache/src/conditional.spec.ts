import { expect, it } from 'vitest';

import { matchesIfNoneMatch } from './conditional.js';

const ETAG = '"abc"';

it.each([
  '"abc"',
  'W/"abc"',
  '*',
  ' * ',
  '"x", "abc"',
  '"x","abc","y"',
  'W/"x", W/"abc"',
  '"a,b", "abc"',
  '  "abc"  ',
])('%s matches', (header) => {
  expect(matchesIfNoneMatch(header, ETAG)).toBe(true);
});

it.each([
  undefined,
  '',
  'abc',
  '"ABC"',
  '"ab"',
  '"abcd"',
  '"x", "y"',
  'W/',
  '"abc',
  "'abc'",
  '"*"',
  '"x,abc"',
  'x"abc"y',
  '"x" "abc"',
  'w/"abc"',
  '"x"y, "abc"',
])('%s does not match', (header) => {
  expect(matchesIfNoneMatch(header, ETAG)).toBe(false);
});
