import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

import { matchesIfNoneMatch } from '@app/http-cache';
import { varyOn } from '@app/problem-details';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

type CompressedCoding = 'br' | 'gzip';
type Coding = CompressedCoding | 'identity';

/** The first one is used that the caller accepts with the highest weight. */
const CODINGS: Coding[] = ['br', 'gzip', 'identity'];

interface EncodingNegotiator {
  /** @param options `preferred` orders those of the same weight */
  encodings(available: readonly Coding[], options: { readonly preferred: readonly Coding[] }): Coding[];
}

type Body = string | Buffer;

/** Higher levels take many times as long and save a few percent. */
const COMPRESSORS: Readonly<Record<CompressedCoding, (body: Body) => Promise<Buffer>>> = {
  br: (body) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }),
  gzip: (body) => promisify(gzip)(body),
};

/** Compresses outside of the event loop, in the threads in which Node.js also looks up host names. */
export class Compressor {
  private running = 0;

  /** @param maxRunning how many bodies may be compressed at once */
  constructor(private readonly maxRunning = Infinity) {}

  get isBusy(): boolean {
    return this.running >= this.maxRunning;
  }

  async compress(body: Body, coding: CompressedCoding): Promise<Buffer> {
    this.running += 1;
    try {
      return await COMPRESSORS[coding](body);
    } finally {
      this.running -= 1;
    }
  }
}

/**
 * The content of an answer in each coding that callers accept (RFC 9110, section 12.5.3). It is compressed at most once for
 * each coding.
 *
 * Each coding has an entity tag of its own, with its name at the end, because the bytes are others. All of them name the same
 * content, so each of them is answered with 304.
 */
export class CodedContent {
  private readonly compressed = new Map<CompressedCoding, Promise<Buffer | undefined>>();

  /**
   * @param etag of the content without a coding
   * @param compressor if it is busy, the content is sent without a coding
   * @param onCompressed is told how many bytes a new compressed copy takes
   */
  constructor(
    private readonly body: Body,
    private readonly etag: string,
    private readonly compressor: Compressor,
    private readonly onCompressed?: (bytes: number) => void,
  ) {}

  /**
   * Sends 200 with the content, or 304 if the caller has it in any coding.
   *
   * @param type the media type
   */
  async send(request: FastifyRequest, reply: FastifyReply, type: string): Promise<void> {
    const coding = this.codingFor(request);
    varyOn(reply, 'Accept-Encoding');
    reply.header('etag', coding === 'identity' ? this.etag : this.etag.replace(/"$/, `-${coding}"`));
    if (matchesIfNoneMatch(request.headers['if-none-match'], this.etag)) {
      void reply.code(304).send();
      return;
    }
    reply.type(type);
    const copy = coding === 'identity' ? undefined : await this.in(coding);
    if (copy) void reply.header('content-encoding', coding).send(copy);
    else void reply.header('etag', this.etag).send(this.body);
  }

  private codingFor(request: FastifyRequest): Coding {
    // The types of the package lack its second parameter.
    const negotiator = new Negotiator(request) as unknown as EncodingNegotiator;
    const [best = 'identity'] = negotiator.encodings(CODINGS, { preferred: CODINGS });
    return best === 'identity' || this.compressed.has(best) || !this.compressor.isBusy ? best : 'identity';
  }

  /** Undefined if there is not enough memory for a copy, for example: then the content without a coding is right, too. */
  private in(coding: CompressedCoding): Promise<Buffer | undefined> {
    let copy = this.compressed.get(coding);
    if (!copy) {
      copy = this.compress(coding);
      this.compressed.set(coding, copy);
    }
    return copy;
  }

  private async compress(coding: CompressedCoding): Promise<Buffer | undefined> {
    try {
      const copy = await this.compressor.compress(this.body, coding);
      this.onCompressed?.(copy.length);
      return copy;
    } catch {
      this.compressed.delete(coding);
      return undefined;
    }
  }
}
