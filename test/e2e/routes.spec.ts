import { describe, expect, it } from 'vitest';

import { SAMPLE_ID, UNCACHED, useStack } from '../support/gateway.js';
import { sendRaw } from '../support/raw-http.js';

describe('routing', () => {
  const stack = useStack(UNCACHED);

  it.each([
    '/nope',
    '/instances/',
    '/instances/',
    '/instances/a/b',
    '/instances/a/',
    '/Instances/a',
    '/problems/nope',
    '/docs/package.json',
    '/docs/../package.json',
    '/docs/%2e%2e/package.json',
    '/api-json',
    '/health',
    '/metrics',
    '//instances/a',
    '/?a=/docs/'.replace('?', 'x?'),
  ])('answers 404 route-not-found for %s', async (path) => {
    const { status, headers, body } = await stack.gateway.http.get(path);
    expect(status).toBe(404);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({ code: 'route-not-found', type: '/problems/route-not-found', status: 404 });
  });

  it.each([
    'a b',
    'a.b',
    'a$b',
    'ä',
    '實例',
    'a'.repeat(65),
    'a'.repeat(5000),
    '%00',
    '..%2f..',
    'a%2Fb',
    'a;b',
    '%E2%80%AE',
  ])('answers 400 invalid-request for the id "%s" without an upstream call', async (id) => {
    const path = id.includes('%') ? id : encodeURIComponent(id);
    const { status, body } = await stack.gateway.http.get(`/instances/${path}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'invalid-request',
      detail: expect.stringContaining('1 to 64 characters'),
      instance: `/instances/${path}`,
    });
    expect(body).not.toHaveProperty('upstream');
    expect(stack.emulator.calls.count()).toBe(0);
  });

  it.each(['/instances/%', '/instances/%E0%A4%A', '/%zz', '/instances/%ff'])(
    'answers 400 invalid-request with all usual headers for the malformed URL %s',
    async (path) => {
      const answer = await sendRaw(
        stack.gateway.url,
        `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toMatch(/content-type: application\/problem\+json\r\n/i);
      expect(answer).toMatch(/x-request-id: mine\r\n/i);
      expect(answer).toContain('"code":"invalid-request"');
    },
  );

  it.each([
    ['bytes that are not HTTP', 'GARBAGE\r\n\r\n'],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a header above the size limit', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['an invalid header', 'GET / HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n'],
  ])('answers 400 with a problem document for %s', async (_, bytes) => {
    const answer = await sendRaw(stack.gateway.url, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/content-type: application\/problem\+json/);
    expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      code: 'invalid-request',
      status: 400,
    });
  });

  describe.each([
    `/instances/${SAMPLE_ID}`,
    '/instances/not..valid',
    '/docs',
    '/docs/swagger-ui.css',
    '/openapi.json',
    '/openapi.yaml',
    '/problems',
    '/problems/upstream-error',
    '/health/live',
    '/health/ready',
    '/',
  ])('%s', (path) => {
    it.each(['post', 'put', 'patch', 'delete', 'propfind', 'trace', 'purge'] as const)(
      'answers 405 with Allow to %s',
      async (method) => {
        const { status, headers, body } = await stack.gateway.http[method](path);
        expect(status).toBe(405);
        expect(headers['allow']).toBe('GET, HEAD, OPTIONS');
        expect(body).toMatchObject({ code: 'method-not-allowed' });
      },
    );

    it('answers 204 with Allow to OPTIONS', async () => {
      const { status, headers, text } = await stack.gateway.http.options(path);
      expect(status).toBe(204);
      expect(headers['allow']).toBe('GET, HEAD, OPTIONS');
      expect(text).toBe('');
    });
  });

  it.each([
    ['POST http://example.com/instances/a HTTP/1.1', 405],
    ['POST /%69nstances/a HTTP/1.1', 405],
    ['POST /instances/a?x=/y HTTP/1.1', 405],
    ['POST /n%6fpe HTTP/1.1', 404],
    ['GET * HTTP/1.1', 404],
    ['CONNECT example.com:443 HTTP/1.1', 405],
  ])('parses the request target of "%s" as the router does and answers %i', async (line, status) => {
    const answer = await sendRaw(stack.gateway.url, `${line}\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/content-type: application\/problem\+json/i);
    expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/i);
    expect(/\r\nallow: GET, HEAD, OPTIONS\r\n/i.test(answer)).toBe(status === 405);
  });

  it.each([
    ['without a Host header', 'GET /instances/a HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['with an unknown Expect header', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: bananas\r\n\r\n'],
  ])('answers 400 with a problem document to a request %s', async (_, bytes) => {
    const answer = await sendRaw(stack.gateway.url, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/i);
    expect(answer).toContain('"code":"invalid-request"');
  });

  it('answers an unknown expectation as any other request: with its id, its path and its language', async () => {
    const bytes = [
      'GET /instances/a?b HTTP/1.1',
      'Host: x',
      'Expect: bananas',
      'X-Request-Id: mine',
      'Accept-Language: zh-TW',
    ];
    const answer = await sendRaw(stack.gateway.url, `${bytes.join('\r\n')}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/\r\nx-request-id: mine\r\n/i);
    expect(answer).toMatch(/\r\ncontent-language: zh-Hant\r\n/i);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(answer).toContain('"instance":"/instances/a"');
  });

  it('answers CONNECT with the id of the caller', async () => {
    const connect = 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\nX-Request-Id: mine\r\n\r\n';
    const answer = await sendRaw(stack.gateway.url, connect);
    expect(answer).toMatch(/\r\nx-request-id: mine\r\n/i);
    expect(answer).toContain('"requestId":"mine"');
  });

  it('answers 405 to a POST without reading its body', async () => {
    const { status, body } = await stack.gateway.http
      .post('/instances/a')
      .set('content-type', 'application/xml')
      .send('<canary/>');
    expect(status).toBe(405);
    expect(body).toMatchObject({ code: 'method-not-allowed' });
  });

  it('answers 404 to OPTIONS for an unknown path', async () => {
    await stack.gateway.http.options('/nope').expect(404);
  });

  it('redirects GET / to the documentation', async () => {
    const { status, headers } = await stack.gateway.http.get('/').redirects(0);
    expect(status).toBe(302);
    expect(headers['location']).toBe('docs');
  });

  it.each([
    'text/html',
    'application/xml',
    'application/json;q=0',
    'application/json; q=0',
    '*/*; q=0',
    'application/json; charset=utf-8; q=0',
    'image/*',
    'application/problem+json',
  ])('answers 406 not-acceptable for Accept: %s', async (accept) => {
    const { status, headers, body } = await stack.gateway.http
      .get(`/instances/${SAMPLE_ID}`)
      .set('accept', accept);
    expect(status).toBe(406);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(body).toMatchObject({ code: 'not-acceptable' });
  });

  it.each([
    '*/*',
    'application/*',
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json;version=1;q=0.5',
    'text/html,application/xhtml+xml,*/*;q=0.8',
    'text/html;q=0.9, application/json;q=0.1',
  ])('answers 200 with JSON for Accept: %s', async (accept) => {
    await stack.gateway.http
      .get(`/instances/${SAMPLE_ID}`)
      .set('accept', accept)
      .expect(200)
      .expect('content-type', 'application/json; charset=utf-8');
  });

  it('does not reveal the server software in headers', async () => {
    const { headers } = await stack.gateway.http.get('/nope');
    expect(headers).not.toHaveProperty('server');
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });
});

describe('X-Request-Id', () => {
  const stack = useStack(UNCACHED);
  const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

  it.each(['a', 'A.b_c-9', 'x'.repeat(128)])('echoes the valid request id "%s" of the caller', async (id) => {
    for (const path of [
      `/instances/${SAMPLE_ID}`,
      '/nope',
      '/instances/a.b',
      '/docs',
      '/health/live',
      '/problems',
    ]) {
      const { headers } = await stack.gateway.http.get(path).set('x-request-id', id);
      expect(headers['x-request-id']).toBe(id);
    }
  });

  it.each(['', ' ', 'a b', 'x'.repeat(129), 'a/b', 'a,b', '"', '<script>', '{}'])(
    'replaces the invalid request id "%s" with a new UUID',
    async (id) => {
      const { headers } = await stack.gateway.http.get('/health/live').set('x-request-id', id);
      expect(headers['x-request-id']).toMatch(UUID);
    },
  );

  it('is a different UUID for every request without one', async () => {
    const ids = new Set<string | undefined>();
    for (let n = 0; n < 5; n += 1)
      ids.add((await stack.gateway.http.get('/health/live')).headers['x-request-id']);
    expect(ids.size).toBe(5);
  });

  it('is repeated in the problem document', async () => {
    const { body } = await stack.gateway.http.get('/nope').set('x-request-id', 'mine');
    expect(body).toMatchObject({ requestId: 'mine' });
  });
});
