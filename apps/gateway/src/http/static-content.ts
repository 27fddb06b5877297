import { createHash } from 'node:crypto';

import type { FastifyReply, FastifyRequest } from 'fastify';

import { CodedContent, Compressor } from './coded-content.js';

/** There are few static contents, so this is soon over. */
const compressor = new Compressor();

/**
 * Content that does not change while the process runs. It is kept in memory.
 *
 * It is sent as one Buffer, which all responses share: however many callers wait for it, it takes its memory once.
 */
export class StaticContent {
  /** Of the content without a coding: it names the version of the content. */
  readonly digest: string;
  private readonly content: CodedContent;

  /** @param type the media type */
  constructor(
    body: Buffer | string,
    private readonly type: string,
  ) {
    const bytes = Buffer.from(body);
    this.digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
    this.content = new CodedContent(bytes, `"${this.digest}"`, compressor);
  }

  /**
   * Sends 200 with the content, or 304 if the caller has this version.
   *
   * @param cacheControl the `Cache-Control` of the answer
   */
  send(request: FastifyRequest, reply: FastifyReply, cacheControl: string): Promise<void> {
    reply.header('cache-control', cacheControl);
    return this.content.send(request, reply, this.type);
  }
}
