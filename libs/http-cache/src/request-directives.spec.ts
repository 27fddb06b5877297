import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { requestDirectives } from './request-directives.js';

describe('requestDirectives', () => {
  it.each([
    [undefined, Infinity, false],
    ['', Infinity, false],
    ['no-cache', 0, false],
    ['No-Cache', 0, false],
    ['max-age=0', 0, false],
    ['max-age=60', 60_000, false],
    ['MAX-AGE="60"', 60_000, false],
    ['max-age=60, no-cache', 0, false],
    ['no-cache , max-age=60', 0, false],
    ['only-if-cached', Infinity, true],
    ['only-if-cached,max-age=5', 5000, true],
    ['no-store, no-transform, max-stale=5, min-fresh=5', Infinity, false],
    ['x-no-cache', Infinity, false],
    ['extension="no-cache"', Infinity, false],
    ['max-age', Infinity, false],
    ['max-age=', Infinity, false],
    ['max-age=abc', Infinity, false],
    ['max-age=-1', Infinity, false],
    [`max-age=${'9'.repeat(400)}`, Infinity, false],
  ])('reads %j', (header, maxAgeMs, onlyIfCached) => {
    expect(requestDirectives(header)).toStrictEqual({ maxAgeMs, onlyIfCached });
  });

  it('never throws, and never gives an age that is not a number from 0', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('max-age', 'no-cache', '=', ',', '"', ';', ' ', '0', '9', '-') }),
        (header) => {
          expect(requestDirectives(header).maxAgeMs).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
