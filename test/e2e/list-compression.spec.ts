import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { request } from 'undici';
import { describe, expect, it } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, startStack, useStack } from '../support/gateway.js';
import { startMeasured } from '../support/measured-gateway.js';

type Answer = Awaited<ReturnType<typeof ask>>;

/** The bytes as they are sent: `fetch` and supertest would decode them. */
async function ask(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  const { statusCode, headers: received, body } = await request(url, { method, headers });
  return { statusCode, headers: received, bytes: Buffer.from(await body.arrayBuffer()) };
}

/** Headers that are new each time, or that undici's way of sending HEAD changes. */
const PASSING = ['x-request-id', 'date', 'age', 'cache-status', 'connection', 'keep-alive'];

/** The other headers of an answer. */
function lasting({ headers }: Answer): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !PASSING.includes(name)));
}

const LONG = '/instances?pageSize=100';

describe('a long page of the list', () => {
  const stack = useStack();
  const get = (headers: Record<string, string> = {}, path = LONG, method: 'GET' | 'HEAD' = 'GET') =>
    ask(`${stack.gateway.url}${path}`, headers, method);

  it.each([
    ['gzip', 'gzip', gunzipSync],
    ['gzip, deflate', 'gzip', gunzipSync],
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['br;q=0.1, gzip;q=0.9', 'gzip', gunzipSync],
    ['gzip;q=0.5, br;q=0.5, identity;q=0.1', 'br', brotliDecompressSync],
    ['*;q=0.5, gzip', 'gzip', gunzipSync],
    ['*', 'br', brotliDecompressSync],
    ['*, br;q=0', 'gzip', gunzipSync],
  ])('is compressed for a caller that sends Accept-Encoding: %s', async (accepted, coding, decode) => {
    const plain = await get();
    const coded = await get({ 'accept-encoding': accepted });
    expect(coded.headers).toMatchObject({
      'content-encoding': coding,
      'content-length': String(coded.bytes.length),
      'content-type': 'application/json; charset=utf-8',
      vary: 'Accept-Encoding',
      etag: (plain.headers['etag'] as string).replace(/"$/, `-${coding}"`),
    });
    expect(decode(coded.bytes).toString()).toBe(plain.bytes.toString());
    expect(coded.bytes.length).toBeLessThan(plain.bytes.length / 3);
  });

  it.each(['identity', 'deflate', 'gzip;q=0', 'br;q=0, gzip;q=0, *', 'identity, gzip;q=0.5, br;q=0.5', ''])(
    'is not compressed for a caller that sends Accept-Encoding: "%s"',
    async (accepted) => {
      const { headers, bytes } = await get({ 'accept-encoding': accepted });
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers['vary']).toBe('Accept-Encoding');
      expect(JSON.parse(bytes.toString())).toMatchObject({ page: 1, pageSize: 100 });
    },
  );

  it.each(['', 'gzip', 'br'])(
    'has the same headers for HEAD, with Accept-Encoding: "%s"',
    async (accepted) => {
      const headers = { 'accept-encoding': accepted };
      const page = await get(headers);
      const head = await get(headers, LONG, 'HEAD');
      expect(lasting(head)).toStrictEqual(lasting(page));
      expect(head.bytes).toHaveLength(0);
    },
  );

  it('is answered with 304 and the same headers, whatever a proxy has made of its ETag', async () => {
    for (const accepted of ['', 'gzip', 'br']) {
      const headers = { 'accept-encoding': accepted };
      const page = await get(headers);
      const etag = page.headers['etag'] as string;
      const plain = (await get()).headers['etag'] as string;
      const variants = [
        etag,
        plain,
        `W/${etag}`,
        ...['-gzip', '-br', '--gzip', ';gzip'].map((coding) => plain.replace(/"$/, `${coding}"`)),
        `"other", W/${plain.replace(/"$/, '-gzip"')}`,
      ];
      for (const known of variants) {
        const answer = await get({ ...headers, 'if-none-match': known });
        expect([known, answer.statusCode]).toStrictEqual([known, 304]);
        expect(answer.bytes).toHaveLength(0);
        const withoutBody = Object.entries(lasting(page)).filter(
          ([name]) => !['content-length', 'content-type', 'content-encoding'].includes(name),
        );
        expect(lasting(answer)).toStrictEqual(Object.fromEntries(withoutBody));
      }
      const changed = await get({ ...headers, 'if-none-match': plain.replace('"', '"x') });
      expect(changed.statusCode).toBe(200);
    }
  });

  it('is sent whole to many callers at once, to each in its coding', async () => {
    const path = `${LONG}&sort=-creationTime`;
    const plain = (await get({}, path)).bytes.toString();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => get({ 'accept-encoding': index % 2 ? 'gzip' : 'br' }, path)),
    );
    for (const [index, { headers, bytes }] of answers.entries()) {
      expect(headers['content-encoding']).toBe(index % 2 ? 'gzip' : 'br');
      const body = index % 2 ? gunzipSync(bytes) : brotliDecompressSync(bytes);
      expect(body.toString()).toBe(plain);
    }
  });

  it('is sent without a coding when many different pages are asked for at once, and compressed later', async () => {
    const paths = Array.from({ length: 20 }, (_, index) => `/instances?pageSize=${80 + index}`);
    const inGzip = (path: string) => get({ 'accept-encoding': 'gzip' }, path);
    await inGzip(LONG);
    for (const { headers, bytes } of await Promise.all(paths.map(inGzip))) {
      const body = headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      expect(JSON.parse(body.toString())).toHaveProperty('total');
      expect((headers['etag'] as string).endsWith('-gzip"')).toBe(headers['content-encoding'] === 'gzip');
      expect(headers['vary']).toBe('Accept-Encoding');
    }
    for (const path of paths) expect((await inGzip(path)).headers['content-encoding']).toBe('gzip');
  });
});

it('short answers are not compressed, and do not vary', async () => {
  const { gateway, close } = await startStack();
  for (const path of [`/instances/${SAMPLE_ID}`, '/instances?pageSize=1', '/instances?id=none']) {
    const { headers } = await ask(`${gateway.url}${path}`, { 'accept-encoding': 'gzip, br' });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).not.toHaveProperty('vary');
    const etag = (headers['etag'] as string).replace(/"$/, '-gzip"');
    const again = await ask(`${gateway.url}${path}`, { 'if-none-match': etag });
    expect([again.statusCode, again.headers['etag']]).toStrictEqual([304, headers['etag']]);
  }
  await close();
});

it('the compressed page of a caller has only what that caller may read', async () => {
  const file = new KeyFile();
  const all = file.add('all', '*');
  const some = file.add('some', 'a*');
  file.write();
  const { emulator, gateway, close } = await startStack({
    AUTH_MODE: 'api-key',
    AUTH_API_KEYS_FILE: file.path,
  });
  for (let index = 0; index < 20; index += 1)
    for (const start of ['a', 'b']) emulator.instances.put({ InstanceId: `${start}-${index}` });
  const get = (key: string) => ask(`${gateway.url}${LONG}`, { 'accept-encoding': 'gzip', 'x-api-key': key });
  const ofAll = await get(all);
  const ofSome = await get(some);
  expect(ofSome.headers['vary']).toBe('X-API-Key, Accept-Encoding');
  expect(gunzipSync(ofAll.bytes).toString()).toContain('"b-1"');
  expect(gunzipSync(ofSome.bytes).toString()).toContain('"a-1"');
  expect(gunzipSync(ofSome.bytes).toString()).not.toContain('"b-1"');
  expect(ofSome.headers['etag']).not.toBe(ofAll.headers['etag']);
  await close();
  file.delete();
});

it('compressed copies count in the memory of the cache, once for each coding', async () => {
  const { stack, value } = await startMeasured();
  const url = `${stack.gateway.url}${LONG}`;
  const bytes = async () => (await value('cache_bytes{kind="list"}'))!;
  await ask(url);
  const plain = await bytes();
  const { bytes: copy } = await ask(url, { 'accept-encoding': 'br' });
  const withCopy = await bytes();
  expect(withCopy).toBeGreaterThanOrEqual(plain + copy.length);
  expect(withCopy).toBeLessThan(plain + copy.length + 1000);
  await ask(url, { 'accept-encoding': 'br' });
  expect(await bytes()).toBe(withCopy);
  await ask(url, { 'accept-encoding': 'gzip' });
  expect(await bytes()).toBeGreaterThan(withCopy + 500);
  await stack.close();
});
