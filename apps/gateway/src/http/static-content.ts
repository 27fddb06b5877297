import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

import { matchesIfNoneMatch } from '@app/http-cache';
import { varyOn } from '@app/problem-details';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

type Coding = 'br' | 'gzip' | 'identity';

/** The first one that the caller accepts is used. */
const CODINGS: Coding[] = ['br', 'gzip', 'identity'];

/** Higher levels take many times as long and save a few percent. */
const COMPRESSORS: Readonly<Record<Exclude<Coding, 'identity'>, (body: Buffer) => Promise<Buffer>>> = {
  br: (body) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }),
  gzip: (body) => promisify(gzip)(body),
};

/**
 * Content that does not change while the process runs. It is kept in memory, and compressed at most once for each coding.
 *
 * It is sent as one Buffer, which all responses share: however many callers wait for it, it takes its memory once.
 */
export class StaticContent {
  /** Of the content without a coding: it names the version of the content. */
  readonly digest: string;
  private readonly body: Buffer;
  private readonly compressed = new Map<Coding, Promise<Buffer>>();

  /** @param type the media type */
  constructor(
    body: Buffer | string,
    private readonly type: string,
  ) {
    this.body = Buffer.from(body);
    this.digest = createHash('sha256').update(this.body).digest('base64url').slice(0, 16);
  }

  /**
   * Sends 200 with the content in a coding that the caller accepts, or 304 if the caller has this version in any coding.
   *
   * @param cacheControl the `Cache-Control` of the answer
   */
  async send(request: FastifyRequest, reply: FastifyReply, cacheControl: string): Promise<void> {
    const accepted = new Negotiator(request).encodings(CODINGS);
    const coding = CODINGS.find((each) => accepted.includes(each)) ?? 'identity';
    const etagOf = (each: Coding): string =>
      each === 'identity' ? `"${this.digest}"` : `"${this.digest}-${each}"`;
    varyOn(reply, 'Accept-Encoding');
    reply.headers({ etag: etagOf(coding), 'cache-control': cacheControl });
    const known = request.headers['if-none-match'];
    if (CODINGS.some((each) => matchesIfNoneMatch(known, etagOf(each)))) {
      void reply.code(304).send();
      return;
    }
    if (coding !== 'identity') reply.header('content-encoding', coding);
    void reply.type(this.type).send(await this.encoded(coding));
  }

  private encoded(coding: Coding): Buffer | Promise<Buffer> {
    if (coding === 'identity') return this.body;
    let encoded = this.compressed.get(coding);
    if (!encoded) {
      encoded = COMPRESSORS[coding](this.body);
      this.compressed.set(coding, encoded);
    }
    return encoded;
  }
}
