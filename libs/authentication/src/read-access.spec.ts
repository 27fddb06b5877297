import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { accessByPatterns, ALL_INSTANCES, NO_INSTANCES } from './read-access.js';

const patterns = fc.array(fc.stringMatching(/^[a-c*_-]{1,3}$/), { maxLength: 4 });

/** The same for lists with the same patterns, and for all lists with `*`. */
function patternsOf(list: readonly string[]): string {
  return list.includes('*') ? '*' : [...new Set(list)].sort().join(' ');
}

describe('accessByPatterns', () => {
  it('lets a caller read the instances that match one of the patterns', () => {
    const access = accessByPatterns(['inst-00*', 'bot-1']);
    const ids = ['inst-001', 'inst-010', 'bot-1', 'bot-11'];
    expect(ids.filter((id) => access.mayRead(id))).toStrictEqual(['inst-001', 'bot-1']);
  });

  it('gives access to all instances if one of the patterns is *', () => {
    expect(accessByPatterns(['*'])).toBe(ALL_INSTANCES);
    expect(accessByPatterns(['bot-1', '*'])).toBe(ALL_INSTANCES);
  });

  it('gives access to no instance if there is no pattern', () => {
    expect(NO_INSTANCES.mayRead('bot-1')).toBe(false);
    expect(accessByPatterns([]).accessName).toBe(NO_INSTANCES.accessName);
  });

  it('gives the same name to the same patterns in any order and number', () => {
    const sameTwice = patterns.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: 2 * list.length })),
    );
    fc.assert(
      fc.property(sameTwice, ([list, again]) => {
        expect(accessByPatterns(again).accessName).toBe(accessByPatterns(list).accessName);
      }),
    );
  });

  it('gives different names to different patterns', () => {
    fc.assert(
      fc.property(patterns, patterns, (one, other) => {
        fc.pre(patternsOf(one) !== patternsOf(other));
        expect(accessByPatterns(one).accessName).not.toBe(accessByPatterns(other).accessName);
      }),
    );
  });

  it('gives different names to patterns that look the same when they are joined', () => {
    const lists = [['a-b'], ['a', 'b'], ['ab'], ['a', '-', 'b'], ['a,b'], ['a","b'], []];
    const names = lists.map((list) => accessByPatterns(list).accessName);
    expect(new Set(names).size).toBe(lists.length);
  });

  it('does not change the list of patterns', () => {
    const list = ['b', 'a', 'b'];
    accessByPatterns(list);
    expect(list).toStrictEqual(['b', 'a', 'b']);
  });

  it('names the access to all instances * and nothing else', () => {
    expect(ALL_INSTANCES.accessName).toBe('*');
    expect(ALL_INSTANCES.mayRead('bot-1')).toBe(true);
    expect(accessByPatterns(['**']).accessName).not.toBe('*');
  });
});
