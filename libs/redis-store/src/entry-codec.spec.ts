import { type Entry, found, gone } from '@app/http-cache';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { EntryCodec, FORMAT, MAX_VALUE_BYTES } from './entry-codec.js';

const NAME = 'outboundbot-gateway:2:account:endpoint:entry:DescribeInstance:a1';
const codec = new EntryCodec(Buffer.alloc(32, 1));

const entries = fc.oneof(
  fc.tuple(fc.string({ unit: 'grapheme' }), fc.nat(2 ** 45)).map(([body, storedAt]) => found(body, storedAt)),
  fc.nat(2 ** 45).map((storedAt) => gone(storedAt)),
);

async function encoded(entry: Entry, name = NAME): Promise<Buffer> {
  const value = await codec.encode(name, entry);
  if (!value) throw new Error('The entry is too long.');
  return value;
}

describe('EntryCodec', () => {
  it('returns every entry as it was encoded', async () => {
    await fc.assert(
      fc.asyncProperty(entries, async (entry) => {
        expect(await codec.decode(NAME, await encoded(entry))).toStrictEqual(entry);
      }),
    );
  });

  it('compresses a long body', async () => {
    const entry = found(JSON.stringify(Array(10_000).fill({ instanceName: '第一個實例' })), 1.5);
    const value = await encoded(entry);
    expect(value.length).toBeLessThan(entry.body.length / 10);
    expect(await codec.decode(NAME, value)).toStrictEqual(entry);
  });

  it('returns undefined for any garbage, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (bytes) => {
        expect(await codec.decode(NAME, Buffer.from(bytes))).toBeUndefined();
      }),
    );
  });

  it('rejects an entry if any byte was changed, added or removed', async () => {
    const value = await encoded(found('{"instanceId":"a1"}', 1_700_000_000_000));
    for (let index = 0; index < value.length; index += 1) {
      const changed = Buffer.from(value);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(await codec.decode(NAME, changed)).toBeUndefined();
      expect(await codec.decode(NAME, value.subarray(0, index))).toBeUndefined();
    }
    expect(await codec.decode(NAME, Buffer.concat([value, Buffer.from(' ')]))).toBeUndefined();
  });

  it('rejects an entry that was copied from another key', async () => {
    const value = await encoded(found('{"instanceId":"a2"}', 1), `${NAME}2`);
    expect(await codec.decode(NAME, value)).toBeUndefined();
  });

  it('rejects an entry of a gateway with another secret', async () => {
    const forged = await new EntryCodec(Buffer.alloc(32, 2)).encode(NAME, found('{}', 1));
    expect(await codec.decode(NAME, forged ?? Buffer.from(''))).toBeUndefined();
  });

  it('does not share an entry that is longer than what is read', async () => {
    const random = Array.from({ length: 2 ** 17 }, (_, n) => Math.imul(n, 0x9e3779b1).toString(36)).join('');
    const long = random.repeat(Math.ceil((4 * MAX_VALUE_BYTES) / random.length) + 1);
    expect(await codec.encode(NAME, found(long, 1))).toBeUndefined();
  });

  it('begins each value with the format and the time, which a script reads', async () => {
    const value = await encoded(found('{}', 1_700_000_000_000.25));
    expect(value.toString()).toMatch(new RegExp(`^${FORMAT} 1700000000000\\.25 found plain "`));
  });
});
