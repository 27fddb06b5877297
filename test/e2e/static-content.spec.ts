import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { request } from 'undici';
import { describe, expect, it } from 'vitest';

import { useStack } from '../support/gateway.js';

describe('the documentation', () => {
  const stack = useStack();
  /** The bytes as they are sent: `fetch` and supertest would decode them. */
  async function get(path: string, headers: Record<string, string> = {}) {
    const answer = await request(`${stack.gateway.url}${path}`, { headers });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    return { statusCode: answer.statusCode, headers: answer.headers, bytes, body: bytes.toString() };
  }
  const bundlePath = async (): Promise<string> =>
    `/${/src="(docs\/swagger-ui-bundle\.[^"]+)"/.exec((await get('/docs')).body)![1]!}`;

  it('loads its files by names that change with their content, which caches may keep for a year', async () => {
    const path = await bundlePath();
    expect(path).toMatch(/^\/docs\/swagger-ui-bundle\.[\w-]{16}\.js$/);
    const { headers, statusCode } = await get(path);
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
      vary: 'Accept-Encoding',
    });
  });

  it.each(['/docs', '/docs/swagger-ui.css', '/docs/start.js', '/openapi.json', '/openapi.yaml'])(
    'sends %s compressed to callers that accept that, and answers 304 to each of its entity tags, also as proxies change them',
    async (path) => {
      const plain = await get(path);
      const gzip = await get(path, { 'accept-encoding': 'gzip' });
      const br = await get(path, { 'accept-encoding': 'gzip, deflate, br' });
      expect([gzip, br].map(({ headers }) => headers['content-encoding'])).toStrictEqual(['gzip', 'br']);
      // `toStrictEqual` takes a second for such buffers, in which the gateway of this process answers nothing.
      expect(gunzipSync(gzip.bytes).equals(plain.bytes)).toBe(true);
      expect(brotliDecompressSync(br.bytes).equals(plain.bytes)).toBe(true);
      expect(plain.headers).toMatchObject({ 'cache-control': 'no-cache', vary: 'Accept-Encoding' });

      const tags = [plain, gzip, br].map(({ headers }) => headers['etag'] as string);
      expect(new Set(tags).size).toBe(3);
      // What nginx and other proxies that compress make of the plain one.
      const ofProxies = [
        `W/${tags[0]!}`,
        tags[0]!.replace(/"$/, ';gzip"'),
        tags[0]!.replace(/"$/, '--gzip"'),
      ];
      for (const tag of [...tags, ...ofProxies]) {
        const answer = await get(path, { 'if-none-match': tag, 'accept-encoding': 'gzip' });
        expect([answer.statusCode, answer.body]).toStrictEqual([304, '']);
      }
    },
  );

  it('sends the plain content to callers that accept no coding that the gateway has', async () => {
    for (const coding of ['deflate', 'gzip;q=0', 'identity', ''])
      expect((await get('/docs', { 'accept-encoding': coding })).headers).not.toHaveProperty(
        'content-encoding',
      );
  });

  it('answers 404 for a file that the page does not have', async () => {
    for (const path of ['/docs/missing.js', '/docs/..%2fopenapi.json', '/docs/swagger-ui-bundle.js.map'])
      expect(JSON.parse((await get(path)).body)).toMatchObject({ status: 404, code: 'route-not-found' });
  });
});
