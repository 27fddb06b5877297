import { parse } from 'lossless-json';
import { describe, expect, it } from 'vitest';

import {
  flag,
  integerDigits,
  listOf,
  members,
  requiredText,
  safeInteger,
  text,
  WrongShapeError,
} from './decode.js';

describe('text', () => {
  it('keeps a string, and makes null of null and of a missing value', () => {
    expect([text('實例', 'Name'), text(null, 'Name'), text(undefined, 'Name')]).toStrictEqual([
      '實例',
      null,
      null,
    ]);
  });

  it.each([1, true, {}, []])('rejects %j', (value) => {
    expect(() => text(value, 'Name')).toThrow(new WrongShapeError('Name is not a string'));
  });
});

describe('requiredText', () => {
  it('keeps a string', () => {
    expect(requiredText('a', 'Id')).toBe('a');
  });

  it.each([undefined, null, ''])('rejects %j as missing', (value) => {
    expect(() => requiredText(value, 'Id')).toThrow(new WrongShapeError('Id is missing'));
  });
});

describe('integerDigits', () => {
  it.each([
    ['a number', 7, '7'],
    ['a losslessly parsed number', parse('9223372036854775807'), '9223372036854775807'],
    ['a decimal string', '-12', '-12'],
    ['a decimal string with zeros before it', '007', '7'],
    ['zero', 0, '0'],
    ['the largest unsigned 64-bit integer', '18446744073709551615', '18446744073709551615'],
    ['the smallest signed 64-bit integer', '-9223372036854775808', '-9223372036854775808'],
  ])('keeps every digit of %s', (_, value, digits) => {
    expect(integerDigits(value, 'Id')).toBe(digits);
  });

  it('makes null of null and of a missing value', () => {
    expect([integerDigits(null, 'Id'), integerDigits(undefined, 'Id')]).toStrictEqual([null, null]);
  });

  it.each([1.5, '1.5', '1e3', '', ' 1', '0x1', true, [], {}, ['12'], { toString: () => '12' }])(
    'rejects %j',
    (value) => {
      expect(() => integerDigits(value, 'Id')).toThrow(new WrongShapeError('Id is not an integer'));
    },
  );

  it.each(['18446744073709551616', '-9223372036854775809', '100000000000000000000'])(
    'rejects %s, which 64 bits cannot hold',
    (value) => {
      expect(() => integerDigits(value, 'Id')).toThrow(new WrongShapeError('Id is out of range'));
    },
  );
});

describe('safeInteger', () => {
  it('makes a number of digits, and null of null', () => {
    expect([safeInteger('12', 'N'), safeInteger(parse('12'), 'N'), safeInteger(null, 'N')]).toStrictEqual([
      12,
      12,
      null,
    ]);
  });

  it('rejects an integer that a JavaScript number would round', () => {
    expect(safeInteger('9007199254740991', 'N')).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => safeInteger('9007199254740992', 'N')).toThrow(new WrongShapeError('N is out of range'));
  });
});

describe('flag', () => {
  it.each([
    [true, true],
    ['true', true],
    ['TRUE', true],
    [false, false],
    ['False', false],
    [null, null],
    [undefined, null],
  ])('reads %j as %j', (value, expected) => {
    expect(flag(value, 'IsPreset')).toBe(expected);
  });

  it.each(['yes', '', 1, 0, {}])('rejects %j', (value) => {
    expect(() => flag(value, 'IsPreset')).toThrow(new WrongShapeError('IsPreset is not a Boolean'));
  });
});

describe('listOf', () => {
  const names = listOf(requiredText);

  it('decodes every item, and makes an empty list of null and of a missing value', () => {
    expect(names(['a', 'b'], 'Names')).toStrictEqual(['a', 'b']);
    expect([names(null, 'Names'), names(undefined, 'Names')]).toStrictEqual([[], []]);
  });

  it('rejects a value that is not a list, and a list with a wrong item', () => {
    expect(() => names({ 0: 'a' }, 'Names')).toThrow(new WrongShapeError('Names is not a list'));
    expect(() => names(['a', 1], 'Names')).toThrow(new WrongShapeError('Names[1] is not a string'));
  });
});

describe('members', () => {
  const tag = members({ Key: requiredText, Value: text });

  it('takes the named members in their order, and no others', () => {
    const decoded = tag({ Secret: 's', Value: 'v', Key: 'k' }, 'Tag');
    expect(Object.entries(decoded)).toStrictEqual([
      ['Key', 'k'],
      ['Value', 'v'],
    ]);
  });

  it('does not take inherited members', () => {
    expect(tag(Object.create({ Value: 'inherited' }, { Key: { value: 'k' } }), 'Tag')).toStrictEqual({
      Key: 'k',
      Value: null,
    });
  });

  it.each([undefined, null, 'text', 1, []])('rejects %j, which is not an object', (value) => {
    expect(() => tag(value, 'Tag')).toThrow(new WrongShapeError('Tag is missing'));
  });

  it('names the member that is wrong', () => {
    expect(() => tag({ Key: 'k', Value: 1 }, 'Tag')).toThrow(
      new WrongShapeError('Tag.Value is not a string'),
    );
  });

  it('throws errors that can be told by their name', () => {
    expect(new WrongShapeError('x').name).toBe('WrongShapeError');
  });
});
