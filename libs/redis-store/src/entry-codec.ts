import { createHmac, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';

import { type Entry, gone } from '@app/http-cache';

/**
 * The format version of keys and values. Raise it with every change of the format. Releases with different versions can
 * share one Redis, and do not see each other's entries.
 */
export const FORMAT = '2';

/** The longest value that is written or read, in bytes. */
export const MAX_VALUE_BYTES = 16 * 1024 * 1024;

/** The longest body, in bytes. */
const MAX_BODY_BYTES = 4 * MAX_VALUE_BYTES;

/**
 * Bodies of this length are compressed, in bytes. Brotli at its second lowest quality makes a list of 10,000 instances four
 * times smaller (3.9 MB to 0.9 MB) in 10 ms, outside the main thread; gzip needs 29 ms.
 */
const COMPRESSED_FROM_BYTES = 64 * 1024;
const COMPRESSION = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** Everything in the head but the MAC: the time first, since WRITE_UNLESS_NEWER reads it. */
const HEAD = /^(2 (\d{1,15}(?:\.\d{1,9})?) (found|gone) (plain|br) ("[\w-]{1,64}"|-)) ([\w-]{43})\n/;
const MAX_HEAD_BYTES = 256;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/**
 * Turns entries into values for Redis, and back. A value is a line of text and the body, maybe compressed. The line ends
 * with an HMAC-SHA256 over the name of the key, the rest of the line and the body. So a client that can write to Redis
 * can neither invent an entry, nor change one, nor move one to another key.
 */
export class EntryCodec {
  /** @param key the key of the HMAC */
  constructor(private readonly key: Buffer) {}

  /** Undefined if the entry is too long to be shared. */
  async encode(name: string, entry: Entry): Promise<Buffer | undefined> {
    const body = Buffer.from(entry.kind === 'found' ? entry.body : '');
    if (body.length > MAX_BODY_BYTES) return undefined;
    const isCompressed = body.length >= COMPRESSED_FROM_BYTES;
    const content = isCompressed ? await compress(body, COMPRESSION) : body;
    const etag = entry.kind === 'found' ? entry.etag : '-';
    const head = `${FORMAT} ${entry.storedAt} ${entry.kind} ${isCompressed ? 'br' : 'plain'} ${etag}`;
    const mac = this.mac(name, head, content);
    const value = Buffer.concat([Buffer.from(`${head} ${mac}\n`), content]);
    return value.length > MAX_VALUE_BYTES ? undefined : value;
  }

  /** Undefined for each value that `encode` did not make for this name with this key. */
  async decode(name: string, value: Buffer): Promise<Entry | undefined> {
    const match = HEAD.exec(value.toString('latin1', 0, MAX_HEAD_BYTES));
    if (!match) return undefined;
    const [line, head = '', time, kind, coding, etag = '', mac = ''] = match;
    const content = value.subarray(line.length);
    if (!timingSafeEqual(Buffer.from(this.mac(name, head, content)), Buffer.from(mac))) return undefined;

    const storedAt = Number(time);
    if (kind === 'gone') return gone(storedAt);
    const body = coding === 'br' ? await decompress(content, { maxOutputLength: MAX_BODY_BYTES }) : content;
    return { kind: 'found', body: body.toString(), etag, storedAt };
  }

  /** The length before the name keeps apart where the name ends and the head begins. */
  private mac(name: string, head: string, content: Buffer): string {
    return createHmac('sha256', this.key)
      .update(`${Buffer.byteLength(name)} ${name} ${head}\n`)
      .update(content)
      .digest('base64url');
  }
}
