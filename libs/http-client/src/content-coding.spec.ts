import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { BodyTooLargeError, decodeBody, WrongCodingError } from './content-coding.js';

const LIMIT = 100_000;
const CODERS = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  // At its highest quality, Brotli needs seconds for 50 MB.
  br: (body: Uint8Array) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
};

describe('decodeBody', () => {
  it('decodes any combination of codings', async () => {
    const coding = fc.constantFrom(...(Object.keys(CODERS) as (keyof typeof CODERS)[]));
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 5000 }),
        fc.array(coding, { maxLength: 3 }),
        async (body, codings) => {
          const coded = codings.reduce<Uint8Array>((coded, name) => CODERS[name](coded), body);
          const decoded = await decodeBody(coded, codings.join(', '), LIMIT);
          expect(Buffer.from(decoded).equals(body)).toBe(true);
        },
      ),
    );
  });

  it('decodes a deflate body that has no zlib header', async () => {
    expect(Buffer.from(await decodeBody(deflateRawSync('hello'), 'deflate', LIMIT)).toString()).toBe('hello');
  });

  it.each(['GZIP', ' gzip ', 'identity, gzip', 'gzip,', 'identity,gzip,identity'])(
    'reads Content-Encoding as HTTP defines it: "%s"',
    async (codings) => {
      expect(Buffer.from(await decodeBody(gzipSync('hello'), codings, LIMIT)).toString()).toBe('hello');
    },
  );

  it('returns a body without a coding as it is', async () => {
    const body = Buffer.from('hello');
    expect(await decodeBody(body, 'identity', LIMIT)).toBe(body);
    expect(await decodeBody(body, '', LIMIT)).toBe(body);
  });

  it('decodes an empty body to an empty body', async () => {
    expect(await decodeBody(Buffer.alloc(0), 'gzip', LIMIT)).toHaveLength(0);
  });

  it.each(['gzip', 'deflate', 'br'] as const)(
    'rejects a %s body that decodes to more bytes than the limit',
    async (coding) => {
      const code = CODERS[coding];
      expect(await decodeBody(code(Buffer.alloc(LIMIT)), coding, LIMIT)).toHaveLength(LIMIT);
      const bomb = code(Buffer.alloc(50_000_000));
      await expect(decodeBody(bomb, coding, LIMIT)).rejects.toThrow(BodyTooLargeError);
      // A body that is coded twice is small, but decoding the outer coding already gives more bytes than the limit.
      await expect(decodeBody(code(bomb), `${coding}, ${coding}`, LIMIT)).rejects.toThrow(BodyTooLargeError);
    },
  );

  it.each([
    ['compress', gzipSync('hello'), 'an unknown coding'],
    ['zstd', gzipSync('hello'), 'an unknown coding'],
    ['__proto__', gzipSync('hello'), 'an unknown coding'],
    ['gzip, gzip, gzip, gzip', gzipSync('hello'), 'too many codings'],
    ['gzip', Buffer.from('hello'), 'not in the coding that it names'],
    ['gzip', gzipSync('hello').subarray(0, 15), 'not in the coding that it names'],
    ['deflate', Buffer.from('hello'), 'not in the coding that it names'],
    ['br', Buffer.from('hello'), 'not in the coding that it names'],
  ])(
    'rejects a body whose coding "%s" is unknown, wrong or repeated too often',
    async (coding, body, message) => {
      const decoding = decodeBody(body, coding, LIMIT);
      await expect(decoding).rejects.toThrow(WrongCodingError);
      await expect(decoding).rejects.toThrow(message);
    },
  );
});
