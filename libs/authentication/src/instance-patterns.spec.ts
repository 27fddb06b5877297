import fc from 'fast-check';
import { expect, it } from 'vitest';

import { instanceMatcher } from './instance-patterns.js';

const idText = fc.string({ unit: fc.constantFrom('a', 'a', 'b', '-', '_', '0'), maxLength: 12 });

it('matches like a regular expression with .* in place of each *', () => {
  const patterns = fc.array(
    fc.string({ unit: fc.constantFrom('a', 'b', '-', '*'), minLength: 1, maxLength: 8 }),
  );
  fc.assert(
    fc.property(patterns, idText, (list, id) => {
      const expected = list.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(id));
      expect(instanceMatcher(list)(id)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

it('matches no id if there is no pattern', () => {
  fc.assert(
    fc.property(idText, (id) => {
      expect(instanceMatcher([])(id)).toBe(false);
    }),
  );
});

it('rejects an id at once, even with a pattern that makes a regular expression slow', () => {
  const matches = instanceMatcher([`${'a*'.repeat(31)}b`]);
  expect(matches('a'.repeat(64))).toBe(false);
});
