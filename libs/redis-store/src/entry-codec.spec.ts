import { type Entry, found, gone } from '@app/http-cache';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeEntry, encodeEntry, FIELDS, FORMAT } from './entry-codec.js';

/** The values as Redis returns them. */
function stored(entry: Entry): Buffer[] {
  const hash = encodeEntry(entry);
  return FIELDS.map((field) => Buffer.from(hash[field]));
}

/** A stored success with one field changed. */
function damaged(field: (typeof FIELDS)[number], value: Buffer | string | null): (Buffer | null)[] {
  const values: (Buffer | null)[] = stored(found('{"a":1}', 1_700_000_000_000));
  values[FIELDS.indexOf(field)] = value === null ? null : Buffer.from(value);
  return values;
}

const entries = fc.oneof(
  fc.tuple(fc.string({ unit: 'grapheme' }), fc.nat(2 ** 45)).map(([body, storedAt]) => found(body, storedAt)),
  fc.nat(2 ** 45).map((storedAt) => gone(storedAt)),
);

describe('decodeEntry', () => {
  it('returns every entry as it was encoded', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        expect(decodeEntry(stored(entry))).toStrictEqual(entry);
      }),
    );
  });

  it('returns undefined for any garbage, and never throws', () => {
    const bytes = fc.option(fc.uint8Array().map((array) => Buffer.from(array)));
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: FIELDS.length }), (values) => {
        expect(decodeEntry(values)).toBeUndefined();
      }),
    );
  });

  it('rejects every body that does not match the entity tag', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        fc.pre(!Buffer.from('{"a":1}').equals(body));
        expect(decodeEntry(damaged('body', Buffer.from(body)))).toBeUndefined();
      }),
    );
  });

  it('rejects invalid UTF-8 even if it decodes to the same text', () => {
    const values: (Buffer | null)[] = stored(found('\uFFFD', 1));
    values[FIELDS.indexOf('body')] = Buffer.from([0xff]);
    expect(decodeEntry(values)).toBeUndefined();
  });

  it.each([
    ['another format', 'format', `${FORMAT}0`],
    ['no format', 'format', null],
    ['an unknown kind', 'kind', 'moved'],
    ['no kind', 'kind', null],
    ['no time', 'storedAt', null],
    ['an empty time', 'storedAt', ''],
    ['a time that is not a number', 'storedAt', 'NaN'],
    ['a negative time', 'storedAt', '-1'],
    ['no entity tag', 'etag', null],
    ['another entity tag', 'etag', '"x"'],
    ['no body', 'body', null],
  ] as const)('treats %s as a miss', (_, field, value) => {
    expect(decodeEntry(damaged(field, value))).toBeUndefined();
  });
});
