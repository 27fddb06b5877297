import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseJson, writeJson } from './json.js';

describe('JSON that loses no digit', () => {
  it.each(['205273937398494789', '-9223372036854775808', '4', '-0', '1.50', '1e400', '0.1'])(
    'writes the number %s as it was read',
    (text) => {
      expect(writeJson(parseJson(`{"n":${text}}`))).toBe(`{"n":${text}}`);
    },
  );

  it('reads exact integers as numbers and larger ones as bigints', () => {
    expect(parseJson('[9007199254740991, 9007199254740993]')).toEqual([9007199254740991, 9007199254740993n]);
  });

  it('leaves undefined members out, and writes undefined itself as null', () => {
    expect(writeJson({ a: undefined, b: null })).toBe('{"b":null}');
    expect(writeJson(undefined)).toBe('null');
  });

  it('agrees with JSON.parse on any JSON without large numbers', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), (text) => {
        expect(JSON.parse(writeJson(parseJson(text)))).toEqual(JSON.parse(text));
      }),
    );
  });
});
