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
  ',"abc"',
  '"abc",',
  '"x",,"abc"',
  ' , ,"x" , , "abc" , ',
  '"abc-gzip"',
  '"abc-br"',
  '"abc-zstd"',
  'W/"abc-gzip"',
  '"abc--gzip"',
  '"abc;gzip"',
  '"x", W/"abc-deflate", "y"',
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
  '"abc-"',
  '"abc-gz"',
  '"abc-gzip-br"',
  '"abc-gzipped"',
  '"abcgzip"',
  '"abcd-gzip"',
  '"ab-gzip"',
  '"abc -gzip"',
  '-gzip',
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
  ',,',
  '"x",,',
  '"abc",x',
  '"abc";',
])('%s does not match', (header) => {
  expect(matchesIfNoneMatch(header, ETAG)).toBe(false);
});

it('is quick with a long header that matches nothing', () => {
  for (const part of [',', ' ', ' ,', '",', 'W/', '"x",', '"x" '])
    expect(matchesIfNoneMatch(`${part.repeat(16_000)}x`, ETAG)).toBe(false);
});
