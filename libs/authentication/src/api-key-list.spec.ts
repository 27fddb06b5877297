import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ApiKeyList, WrongApiKeyFileError } from './api-key-list.js';

const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
const entry = (name: string, key = name, instances = ['*']) => ({ name, sha256: sha256(key), instances });
const parse = (...entries: unknown[]) => ApiKeyList.parse(JSON.stringify(entries));

describe('ApiKeyList', () => {
  it('accepts each of its keys and names the caller', () => {
    const list = parse(entry('a'), entry('b'), { ...entry('c'), sha256: sha256('c').toUpperCase() });
    expect(list.size).toBe(3);
    for (const name of ['a', 'b', 'c']) {
      expect(list.verify(name)).toMatchObject({ kind: 'accepted', caller: { id: `key:${name}` } });
    }
  });

  it('rejects every other key', () => {
    const list = parse(entry('a', 'the key'));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        fc.pre(key !== 'the key');
        expect(list.verify(key)).toStrictEqual({ kind: 'rejected', reason: 'unknown-key' });
      }),
    );
  });

  it.each([
    ['text that is not JSON', '{', 'it is not JSON'],
    ['an object', '{"name":"canary"}', 'it must be a JSON list'],
    ['null', 'null', 'it must be a JSON list'],
    ['an entry that is a number', '[1]', 'entry 1 must be an object'],
    ['an entry that is null', '[null]', 'entry 1 must be an object'],
    ['an entry that is a list', '[[]]', 'entry 1 must be an object'],
    ['an entry without a name', JSON.stringify([{ ...entry('a'), name: undefined }]), 'entry 1 has no name'],
    ['a name that is null', JSON.stringify([{ ...entry('a'), name: null }]), 'entry 1: name must'],
    ['an empty name', JSON.stringify([entry('')]), 'entry 1: name must'],
    ['a name with a line break', JSON.stringify([entry('a\nb')]), 'entry 1: name must'],
    ['a long name', JSON.stringify([entry('a'.repeat(129))]), 'entry 1: name must'],
    [
      'a key in place of its hash',
      JSON.stringify([{ ...entry('a'), sha256: 'canary' }]),
      'entry 1: sha256 must',
    ],
    [
      'an entry without instances',
      JSON.stringify([{ ...entry('a'), instances: undefined }]),
      'entry 1 has no instances',
    ],
    ['instances that are text', JSON.stringify([{ ...entry('a'), instances: '*' }]), 'entry 1: instances'],
    [
      'a pattern with a space',
      JSON.stringify([entry('a'), entry('b', 'b', ['a b'])]),
      'entry 2: instances must',
    ],
    ['a pattern that is a number', JSON.stringify([{ ...entry('a'), instances: [1] }]), 'entry 1: instances'],
    [
      'an unknown member',
      JSON.stringify([{ ...entry('a'), expires: 'canary' }]),
      'entry 1 has another member than',
    ],
    [
      'two entries with one name',
      JSON.stringify([entry('a', '1'), entry('b'), entry('a', '2')]),
      'entries 1 and 3 have',
    ],
    [
      'two entries with one hash',
      JSON.stringify([entry('a', '1'), entry('b', '1')]),
      'entries 1 and 2 have the same sha256',
    ],
  ])('rejects %s without quoting it', (_, text, complaint) => {
    const parsing = () => ApiKeyList.parse(text);
    expect(parsing).toThrow(WrongApiKeyFileError);
    expect(parsing).toThrow(new RegExp(`^${complaint}`));
    expect(parsing).not.toThrow('canary');
  });

  it('throws only WrongApiKeyFileError, whatever the file contains', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.array(fc.object()).map((list) => JSON.stringify(list)),
        ),
        (text) => {
          try {
            ApiKeyList.parse(text);
          } catch (error) {
            expect(error).toBeInstanceOf(WrongApiKeyFileError);
          }
        },
      ),
    );
  });
});
