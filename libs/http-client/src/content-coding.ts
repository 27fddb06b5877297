import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

/** The body, or its decoded form, has more bytes than the limit. */
export class BodyTooLargeError extends Error {
  override name = 'BodyTooLargeError';
}

/** The content coding is unknown, or the body is not valid in that coding. */
export class WrongCodingError extends Error {
  override name = 'WrongCodingError';
}

type Decode = (body: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  // `deflate` means the zlib format, but some servers send a raw deflate stream (RFC 9110, section 8.4.1.2).
  deflate: (body, options) => (isZlib(body) ? inflateZlib : inflateRawStream)(body, options),
};
const inflateZlib = promisify(inflate) as Decode;
const inflateRawStream = promisify(inflateRaw) as Decode;

/** The most codings that one body may have. Real servers use one. */
const MAX_CODINGS = 3;

/**
 * Decodes a body by its `Content-Encoding` (RFC 9110, section 8.4).
 *
 * @param maxBytes the limit of the decoded body, and of the body between two codings
 * @throws {WrongCodingError}
 * @throws {BodyTooLargeError}
 */
export async function decodeBody(
  body: Uint8Array,
  contentEncoding: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const codings = contentEncoding
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > MAX_CODINGS) throw new WrongCodingError('too many codings');
  let decoded = body;
  // The header lists the codings in the order in which they were applied.
  for (const coding of codings.reverse()) decoded = await decodeOnce(decoded, coding, maxBytes);
  return decoded;
}

async function decodeOnce(body: Uint8Array, coding: string, maxBytes: number): Promise<Uint8Array> {
  const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (!decode) throw new WrongCodingError('an unknown coding');
  // An answer without content may still name a coding.
  if (body.length === 0) return body;
  try {
    return await decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw new BodyTooLargeError();
    throw new WrongCodingError('not in the coding that it names');
  }
}

/** RFC 1950, section 2.2: the method is deflate, and the first two bytes are a multiple of 31. */
function isZlib([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}
