import { describe, expect, it } from 'vitest';

import { canonicalParameters, findParameter, parseParameters, percentEncode } from './parameters.js';

describe('parameters', () => {
  it('parses repeated names, empty values, names without a value and an equals sign in a value', () => {
    expect(parseParameters('a=1&a=2&b=&c&&d=x=y')).toEqual([
      ['a', '1'],
      ['a', '2'],
      ['b', ''],
      ['c', ''],
      ['d', 'x=y'],
    ]);
  });

  it('decodes percent sequences and plus signs, and leaves a broken sequence as it is', () => {
    expect(parseParameters('q=%E6%99%BA+a%2Bb&bad=%zz+1')).toEqual([
      ['q', '智 a+b'],
      ['bad', '%zz+1'],
    ]);
  });

  it('takes the first value of a name and counts an empty one as absent', () => {
    const parameters = parseParameters('a=1&a=2&b=&__proto__=x');
    expect(findParameter(parameters, 'a')).toBe('1');
    expect(findParameter(parameters, 'b')).toBeUndefined();
    expect(findParameter(parameters, 'constructor')).toBeUndefined();
    expect(findParameter(parameters, '__proto__')).toBe('x');
  });

  it('sorts by name and then by value, not by the joined pair', () => {
    const parameters = parseParameters('Tag.1=x&b=2&Tag=y&b=1&B=3&b=1');
    expect(canonicalParameters(parameters)).toBe('B=3&Tag=y&Tag.1=x&b=1&b=1&b=2');
  });

  it('percent-encodes all characters that RFC 3986 reserves and keeps the tilde', () => {
    expect(percentEncode("-._~!'()* /+&=智")).toBe('-._~%21%27%28%29%2A%20%2F%2B%26%3D%E6%99%BA');
  });
});
