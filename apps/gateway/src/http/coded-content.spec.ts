import { gunzipSync } from 'node:zlib';

import Fastify from 'fastify';
import { expect, it } from 'vitest';

import { CodedContent, Compressor } from './coded-content.js';

const BODY = 'long text '.repeat(1000);

/** Sends the content to a caller that accepts gzip. */
async function sendGzipped(content: CodedContent, ifNoneMatch?: string) {
  const server = Fastify();
  server.get('/', (request, reply) => content.send(request, reply, 'text/plain'));
  const headers = { 'accept-encoding': 'gzip', ...(ifNoneMatch ? { 'if-none-match': ifNoneMatch } : {}) };
  const answer = await server.inject({ url: '/', headers });
  const { etag, vary, 'content-encoding': coding } = answer.headers;
  const text = coding === 'gzip' ? gunzipSync(answer.rawPayload).toString() : answer.body;
  return { status: answer.statusCode, etag, vary, coding, text };
}

const PLAIN = { status: 200, etag: '"x"', vary: 'Accept-Encoding', coding: undefined, text: BODY };
const GZIPPED = { ...PLAIN, etag: '"x-gzip"', coding: 'gzip' };

it('a content is sent without a coding while the compressor is busy', async () => {
  expect(await sendGzipped(new CodedContent(BODY, '"x"', new Compressor(0)))).toStrictEqual(PLAIN);
});

it('a content is compressed when the compressor is no longer busy', async () => {
  const compressor = new Compressor(1);
  const other = compressor.compress('another text', 'br');
  expect(compressor.isBusy).toBe(true);
  await other;
  expect(await sendGzipped(new CodedContent(BODY, '"x"', compressor))).toStrictEqual(GZIPPED);
});

it('a content that is compressed already needs no compressor', async () => {
  const compressor = new Compressor(1);
  const sizes: number[] = [];
  const content = new CodedContent(BODY, '"x"', compressor, (bytes) => void sizes.push(bytes));
  await sendGzipped(content);
  const other = compressor.compress('another text', 'br');
  expect(compressor.isBusy).toBe(true);
  expect(await sendGzipped(content)).toStrictEqual(GZIPPED);
  await other;
  expect(sizes).toStrictEqual([expect.any(Number)]);
});

it('a 304 needs no compressed copy', async () => {
  const sizes: number[] = [];
  const content = new CodedContent(BODY, '"x"', new Compressor(), (bytes) => void sizes.push(bytes));
  expect(await sendGzipped(content, '"x"')).toStrictEqual({
    ...GZIPPED,
    status: 304,
    coding: undefined,
    text: '',
  });
  expect(sizes).toStrictEqual([]);
});

it('a content that cannot be compressed is sent without a coding, and compressed later', async () => {
  class FailingOnce extends Compressor {
    private hasFailed = false;
    override async compress(...args: Parameters<Compressor['compress']>): Promise<Buffer> {
      if (this.hasFailed) return super.compress(...args);
      this.hasFailed = true;
      throw new Error('no memory');
    }
  }
  const content = new CodedContent(BODY, '"x"', new FailingOnce());
  expect(await sendGzipped(content)).toStrictEqual(PLAIN);
  expect(await sendGzipped(content)).toStrictEqual(GZIPPED);
});
