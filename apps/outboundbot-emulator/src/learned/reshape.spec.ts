import { describe, expect, it } from 'vitest';

import { reshape } from './reshape.js';

describe('reshape', () => {
  it.each([
    ['text', { types: { string: 1 }, lengths: [3, 3] }, 'text'],
    [undefined, { types: { string: 1 }, lengths: [3, 3] }, 'xxx'],
    [17, { types: { string: 1 } }, 'x'],
    [true, { types: { 'boolean-text': 1 } }, 'true'],
    [undefined, { types: { boolean: 1 } }, true],
    [435986, { types: { 'integer-text': 1 }, lengths: [6, 6] }, '435986'],
    [435986, { types: { integer: 1 }, lengths: [18, 18] }, 123456789012345678n],
    [435986, { types: { integer: 1 }, lengths: [2, 2] }, 12],
    [7, { types: { number: 1 } }, 0.5],
    ['text', { types: { null: 1 } }, null],
    ['text', { types: { missing: 1 } }, undefined],
    ['text', { types: {} }, undefined],
    ['text', { types: { list: 1 } }, []],
    [[1], { types: { list: 1 } }, [1]],
    ['text', { types: { object: 1 } }, {}],
  ] as const)('makes of %o with the shape %o the value %o', (value, shape, expected) => {
    expect(reshape(value, shape)).toStrictEqual(expected);
  });

  it('leaves out members that the shape does not have, and makes up those that only the shape has', () => {
    const shape = {
      types: { object: 1 },
      members: { Name: { types: { string: 1 } }, Extra: { types: { string: 1 } } },
    } as const;
    expect(reshape({ Name: 'a', Other: 'b' }, shape)).toStrictEqual({ Name: 'a', Extra: 'x' });
  });

  it('gives the items of a list the types in the same shares', () => {
    const items = { types: { string: 2, null: 1 } } as const;
    const list = reshape(['a', 'b', 'c', 'd', 'e', 'f'], { types: { list: 1 }, items });
    expect(list).toStrictEqual(['a', 'b', null, 'd', 'e', null]);
  });
});
