import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { WrongApiKeyFileError } from './api-key-entry.js';
import { ApiKeyList } from './api-key-list.js';

const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
const entry = (name: string, key = name, instances = ['*']) => ({ name, sha256: sha256(key), instances });
const NOW = Date.parse('2026-01-01T00:00:00Z');
const parse = (...entries: unknown[]) => ApiKeyList.parse(JSON.stringify(entries));

describe('ApiKeyList', () => {
  it('accepts each of its keys and names the caller', () => {
    const list = parse(entry('a'), entry('b'), { ...entry('c'), sha256: sha256('c').toUpperCase() });
    expect(list.size).toBe(3);
    for (const name of ['a', 'b', 'c']) {
      expect(list.verify(name, NOW)).toMatchObject({ kind: 'accepted', caller: { id: `key:${name}` } });
    }
  });

  it('rejects every other key', () => {
    const list = parse(entry('a', 'the key'));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        fc.pre(key !== 'the key');
        expect(list.verify(key, NOW)).toStrictEqual({ kind: 'rejected', reason: 'unknown-key' });
      }),
    );
  });

  it('accepts every hash of a list for the same caller, so that a key can be replaced without a gap', () => {
    const list = parse({ ...entry('a'), sha256: [sha256('old'), sha256('new').toUpperCase()] });
    expect(list.size).toBe(1);
    for (const key of ['old', 'new']) {
      expect(list.verify(key, NOW)).toMatchObject({ kind: 'accepted', caller: { id: 'key:a' } });
    }
  });

  it.each([
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.000Z',
    '2026-01-01T08:00:00+08:00',
    '2025-12-31T19:30:00.000000-04:30',
  ])('rejects a key from the moment of its expiresAt %s on', (expiresAt) => {
    const list = parse({ ...entry('a'), expiresAt });
    expect(list.verify('a', NOW - 1)).toMatchObject({ kind: 'accepted' });
    expect(list.verify('a', NOW)).toStrictEqual({ kind: 'rejected', reason: 'expired-key' });
  });

  it('names the keys that expire before a time, the earliest first', () => {
    const list = parse(
      { ...entry('later'), expiresAt: '2026-01-02T00:00:00Z' },
      { ...entry('earlier'), expiresAt: '2026-01-01T00:00:00Z' },
      { ...entry('too late'), expiresAt: '2026-01-03T00:00:00Z' },
      entry('never'),
    );
    expect(list.expiringBefore(Date.parse('2026-01-03T00:00:00Z')).map(({ name }) => name)).toStrictEqual([
      'earlier',
      'later',
    ]);
  });

  it('gives a caller the rate limit of its entry', () => {
    const rateLimit = { requests: 0, windowS: 86_400 };
    const list = parse(entry('a'), { ...entry('b'), rateLimit });
    expect(list.verify('a', NOW)).toMatchObject({ caller: { rateLimit: undefined } });
    expect(list.verify('b', NOW)).toMatchObject({ caller: { rateLimit } });
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
    ['the hash of an empty key', JSON.stringify([entry('a', '')]), 'entry 1: sha256 must not be the SHA-256'],
    [
      'the hash of an empty key in a list, in upper case',
      JSON.stringify([{ ...entry('a'), sha256: [sha256('a'), sha256('').toUpperCase()] }]),
      'entry 1: sha256 must not be the SHA-256',
    ],
    ['an empty list of hashes', JSON.stringify([{ ...entry('a'), sha256: [] }]), 'entry 1: sha256 must be'],
    [
      'a list of 11 hashes',
      JSON.stringify([{ ...entry('a'), sha256: Array.from({ length: 11 }, (_, n) => sha256(`${n}`)) }]),
      'entry 1: sha256 must be one hash, or a list of 1 to 10 hashes',
    ],
    ['a hash that is null', JSON.stringify([{ ...entry('a'), sha256: [null] }]), 'entry 1: sha256 must be'],
    [
      'a list with one hash twice',
      JSON.stringify([{ ...entry('a'), sha256: [sha256('a'), sha256('a')] }]),
      'entry 1 has the same sha256 twice',
    ],
    [
      'two entries that share one of their hashes',
      JSON.stringify([entry('a'), { ...entry('b'), sha256: [sha256('b'), sha256('a').toUpperCase()] }]),
      'entries 1 and 2 have the same sha256',
    ],
    ...[
      '2026-01-01',
      '2026-01-01T00:00:00',
      '2026-01-01T00:00Z',
      '2026-01-01 00:00:00Z',
      '2026-02-30T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:00:60Z',
      '2026-01-01T00:00:00+24:00',
      'canary',
      '',
      1_767_225_600,
      null,
    ].map((expiresAt) => [
      `expiresAt ${JSON.stringify(expiresAt)}`,
      JSON.stringify([entry('a'), { ...entry('b'), expiresAt }]),
      'entry 2: expiresAt must be a date and time with an offset',
    ]),
    ...[
      [null, 'entry 1: rateLimit must be an object'],
      [5, 'entry 1: rateLimit must be an object'],
      [{ requests: 5 }, 'entry 1: rateLimit has no windowS'],
      [{ windowS: 5 }, 'entry 1: rateLimit has no requests'],
      [
        { requests: 5, windowS: 5, canary: 1 },
        'entry 1: rateLimit has another member than requests and windowS',
      ],
      [{ requests: -1, windowS: 5 }, 'entry 1: rateLimit.requests must be an integer from 0 to 1000000000'],
      [{ requests: 1.5, windowS: 5 }, 'entry 1: rateLimit.requests must'],
      [{ requests: '5', windowS: 5 }, 'entry 1: rateLimit.requests must'],
      [{ requests: 1_000_000_001, windowS: 5 }, 'entry 1: rateLimit.requests must'],
      [{ requests: 5, windowS: 0 }, 'entry 1: rateLimit.windowS must be an integer from 1 to 86400'],
      [{ requests: 5, windowS: 86_401 }, 'entry 1: rateLimit.windowS must'],
    ].map(([rateLimit, complaint]) => [
      `the rate limit ${JSON.stringify(rateLimit)}`,
      JSON.stringify([{ ...entry('a'), rateLimit }]),
      complaint as string,
    ]),
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
