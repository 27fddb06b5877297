import { afterAll, describe, expect, it } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, useStack } from '../support/gateway.js';
import { sendRaw } from '../support/raw-http.js';

const ORIGIN = 'https://app.example.com';
const PATH = `/instances/${SAMPLE_ID}`;

describe('web pages of an origin in CORS_ORIGINS', () => {
  const file = new KeyFile();
  const key = file.add('web', SAMPLE_ID);
  file.write();
  const stack = useStack({
    CORS_ORIGINS: `${ORIGIN},http://localhost:8080`,
    CORS_HEADERS: 'X-Monitoring,x-ab-test,X-Monitoring,content-type',
    AUTH_MODE: 'api-key',
    AUTH_API_KEYS_FILE: file.path,
    RATE_LIMIT_REQUESTS: '1000',
  });
  afterAll(() => {
    file.delete();
  });
  const get = (path = PATH, origin = ORIGIN) =>
    stack.gateway.http.get(path).set('origin', origin).set('x-api-key', key).redirects(0);

  it('may read an answer and the headers that the API documents', async () => {
    const { status, headers } = await get();
    expect(status).toBe(200);
    expect(headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    const exposed = headers['access-control-expose-headers']!.toLowerCase().split(', ');
    // Every script may read these headers (Fetch Standard, CORS-safelisted response-header name).
    const always = ['cache-control', 'content-language', 'content-length', 'content-type', 'expires'];
    for (const name of ['x-request-id', 'etag', 'cache-status', 'ratelimit', 'ratelimit-policy']) {
      expect(headers).toHaveProperty(name);
      expect([...exposed, ...always]).toContain(name);
    }
    for (const name of ['age', 'retry-after', 'www-authenticate']) expect(exposed).toContain(name);
    expect(headers['vary']).toBe('Origin, X-API-Key');
  });

  it('may read a 304 answer', async () => {
    const { headers } = await get();
    const again = await get().set('if-none-match', headers['etag']!);
    expect(again.status).toBe(304);
    expect(again.headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(again.headers['access-control-expose-headers']).toContain('ETag');
    expect(again.headers['vary']).toBe('Origin, X-API-Key');
  });

  it.each([
    ['/nope', 404],
    ['/instances/not..valid', 400],
    ['/instances/other', 403],
    ['/problems/forbidden', 200],
    ['/openapi.json', 200],
    ['/docs/swagger-ui.css', 200],
    ['/', 302],
  ])('may read %s, which is answered %i', async (path, status) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(answer.headers['vary']).toMatch(/^Origin/);
  });

  it('may read the 401 answer to a request without credentials', async () => {
    const { status, headers } = await stack.gateway.http.get(PATH).set('origin', ORIGIN);
    expect(status).toBe(401);
    expect(headers['access-control-allow-origin']).toBe(ORIGIN);
  });

  it('may read the 400 answer to a malformed URL', async () => {
    const answer = await sendRaw(
      stack.gateway.url,
      `GET /instances/% HTTP/1.1\r\nHost: x\r\nOrigin: ${ORIGIN}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/access-control-allow-origin: https:\/\/app\.example\.com\r\n/i);
  });

  it.each([PATH, '/instances/not..valid', '/problems'])(
    'may send a preflight request without credentials for %s',
    async (path) => {
      const { status, headers, text } = await stack.gateway.http
        .options(path)
        .set('origin', ORIGIN)
        .set('access-control-request-method', 'GET')
        .set('access-control-request-headers', 'x-api-key, if-none-match');
      expect(status).toBe(204);
      expect(text).toBe('');
      expect(headers['access-control-allow-origin']).toBe(ORIGIN);
      expect(headers['access-control-allow-methods']).toBe('GET, HEAD');
      const allowed = headers['access-control-allow-headers']!.toLowerCase().split(', ');
      expect(allowed).toStrictEqual([
        ...['authorization', 'x-api-key', 'x-request-id', 'if-none-match', 'cache-control', 'pragma'],
        ...['content-type', 'baggage', 'traceparent', 'tracestate'],
        ...['x-monitoring', 'x-ab-test'],
      ]);
      expect(Number(headers['access-control-max-age'])).toBeGreaterThan(0);
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
      expect(headers['vary']).toContain('Origin');
    },
  );

  it('get 404 for a preflight request for an unknown path', async () => {
    const { status } = await stack.gateway.http
      .options('/nope')
      .set('origin', ORIGIN)
      .set('access-control-request-method', 'GET');
    expect(status).toBe(404);
  });

  it.each([
    'https://evil.example.com',
    'https://app.example.com.evil.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://APP.example.com',
    'null',
    '*',
    '',
  ])('get CORS headers, while pages of the origin "%s" do not', async (origin) => {
    for (const answer of [
      await get(PATH, origin),
      await get('/nope', origin),
      await stack.gateway.http
        .options(PATH)
        .set('origin', origin)
        .set('access-control-request-method', 'GET'),
    ]) {
      for (const name of Object.keys(answer.headers)) expect(name).not.toMatch(/^access-control-/);
      expect(answer.headers['vary']).toContain('Origin');
    }
  });

  it('do not change the answer to requests without Origin except for Vary', async () => {
    const { headers } = await stack.gateway.http.get(PATH).set('x-api-key', key);
    for (const name of Object.keys(headers)) expect(name).not.toMatch(/^access-control-/);
    expect(headers['vary']).toBe('Origin, X-API-Key');
  });
});

describe('without CORS_ORIGINS', () => {
  const stack = useStack();

  it('no answer has CORS headers or Vary: Origin', async () => {
    const { status, headers } = await stack.gateway.http.get(PATH).set('origin', ORIGIN);
    expect(status).toBe(200);
    for (const name of Object.keys(headers)) expect(name).not.toMatch(/^access-control-|^vary$/);
  });
});
