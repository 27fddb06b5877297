import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';

import { SECURITY_HEADERS } from '../../apps/gateway/src/http/security-headers.js';
import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, startTestGateway, type TestGateway, useEmulator } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { startNginx, startPrefixingNginx } from '../support/nginx.js';
import { sendRaw } from '../support/raw-http.js';
import { freePort } from '../support/redis-server.js';
import { makeCertificate } from '../support/tls.js';

const nginxPath = findProgram('nginx');
const PATH = `/instances/${SAMPLE_ID}`;

const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync };

// Nginx reads the system's clock, so lifetimes are as short as whole seconds allow.
describe.skipIf(nginxPath === undefined)('the nginx site', () => {
  const upstream = useEmulator();

  /** Starts a gateway for one test, and nginx in front of it. */
  async function startSite(variables: Record<string, string> = {}) {
    const gateway = await startTestGateway({
      OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint,
      AUTH_MODE: 'none',
      TRUST_PROXY: 'loopback',
      ...variables,
    });
    let isUp = true;
    const stopGateway = async (): Promise<void> => {
      if (isUp) await gateway.close();
      isUp = false;
    };
    onTestFinished(stopGateway);
    const nginx = await startNginx(nginxPath ?? '', [gateway.url]);
    onTestFinished(() => nginx.stop());
    // The first request is the one by which startNginx checks that nginx is ready.
    await expect.poll(() => requestsOf(gateway), { timeout: 5000 }).toBe(1);
    // To a request with If-None-Match and no Cache-Control, fetch adds `no-cache`.
    const get = (path = PATH, headers: Record<string, string> = {}, method = 'GET') =>
      fetch(`${nginx.url}${path}`, { method, headers: { 'cache-control': 'max-stale', ...headers } });
    return { url: nginx.url, gateway, get, stopGateway, requests: () => requestsOf(gateway) - 1 };
  }

  const requestsOf = (gateway: TestGateway): number => gateway.requestLog().length;
  const cacheStatusOf = (response: Response): string | null => response.headers.get('cache-status');
  const MISS = 'outboundbot-gateway; fwd=miss, nginx; fwd=uri-miss';

  describe('for callers without a credential', () => {
    it('answers from its cache, without the gateway, while an instance is fresh', async () => {
      const { get, requests } = await startSite();
      const first = await get();
      expect(first.status).toBe(200);
      expect(cacheStatusOf(first)).toBe(MISS);
      expect(first.headers.get('cache-control')).toBe(
        'public, max-age=5, stale-while-revalidate=30, stale-if-error=300',
      );

      const again = await get();
      expect(cacheStatusOf(again)).toBe('outboundbot-gateway; fwd=miss, nginx; hit');
      expect(await again.text()).toBe(await first.text());
      expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
      const head = await get(PATH, {}, 'HEAD');
      expect(head.headers.get('etag')).toBe(first.headers.get('etag'));
      expect(cacheStatusOf(head)).toContain('nginx; hit');
      expect(cacheStatusOf(await get(`${PATH}?cache=buster`))).toContain('nginx; hit');
      await expect.poll(requests).toBe(1);
    });

    it('answers 304 from its cache', async () => {
      const { get, requests } = await startSite();
      const etag = (await get()).headers.get('etag') ?? '';
      const notModified = await get(PATH, { 'if-none-match': etag });
      expect(notModified.status).toBe(304);
      expect(notModified.headers.get('etag')).toBe(etag);
      expect((await get(PATH, { 'if-none-match': '"other"' })).status).toBe(200);
      await expect.poll(requests).toBe(1);
    });

    it.each([
      ['if-match', '"nope"'],
      ['if-unmodified-since', 'Thu, 01 Jan 1970 00:00:00 GMT'],
      ['if-modified-since', 'Fri, 01 Jan 2100 00:00:00 GMT'],
      ['if-range', '"nope"'],
      ['range', 'bytes=0-1'],
      ['range', 'bytes=99999-'],
    ])(
      'answers a request with %s: %s as the gateway does, before and after it has stored the answer',
      async (name, value) => {
        const { get, gateway } = await startSite();
        const expected = await (await fetch(`${gateway.url}${PATH}`, { headers: { [name]: value } })).text();
        for (const headers of [{ [name]: value }, {}, {}, { [name]: value }]) {
          const response = await get(PATH, headers);
          expect(response.status).toBe(200);
          expect(await response.text()).toBe(expected);
        }
        expect(cacheStatusOf(await get())).toContain('nginx; hit');
      },
    );

    it('fills its cache also from a conditional request', async () => {
      const { get } = await startSite();
      const etag = (await get()).headers.get('etag') ?? '';
      const { get: getFromAnother } = await startSite();
      await getFromAnother(PATH, { 'if-none-match': etag });
      expect((await getFromAnother()).status).toBe(200);
    });

    it('serves a stale instance while it fetches a new one', async () => {
      const { get } = await startSite({ CACHE_FRESH_MS: '1000' });
      const first = await (await get()).text();
      upstream.emulator.instances.put({ InstanceId: SAMPLE_ID, InstanceName: 'renamed' });
      upstream.emulator.faults.add({ kind: 'latency', ms: 100 });
      await sleep(2100);
      const stale = await get();
      expect(cacheStatusOf(stale)).toBe('outboundbot-gateway; fwd=miss, nginx; hit; detail=stale');
      expect(await stale.text()).toBe(first);
      await expect.poll(async () => (await get()).json()).toMatchObject({ instanceName: 'renamed' });
    });

    it('serves a stale instance while the gateway is down, for as long as the gateway allows', async () => {
      const { get, stopGateway } = await startSite({
        CACHE_FRESH_MS: '1000',
        CACHE_STALE_WHILE_REVALIDATE_MS: '0',
        CACHE_STALE_IF_ERROR_MS: '4000',
      });
      const first = await (await get()).text();
      await stopGateway();
      await expect.poll(async () => cacheStatusOf(await get()), { timeout: 4000 }).toContain('detail=stale');
      const stale = await get();
      expect(stale.status).toBe(200);
      expect(await stale.text()).toBe(first);
      await expect.poll(async () => (await get()).status, { timeout: 8000 }).toBe(503);
    });

    it('stops serving a stale instance when the gateway says that the instance is gone', async () => {
      const { get } = await startSite({ CACHE_FRESH_MS: '1000', CACHE_STALE_WHILE_REVALIDATE_MS: '0' });
      await get();
      upstream.emulator.instances.delete(SAMPLE_ID);
      await expect.poll(async () => (await get()).status, { timeout: 8000 }).toBe(404);
    });

    it('passes on a stale answer of the gateway, but does not store it', async () => {
      const { get, gateway, requests } = await startSite({ CACHE_FRESH_MS: '1000' });
      await gateway.http.get(PATH);
      gateway.clock.advance(2000);
      upstream.emulator.faults.add({ kind: 'hang' });
      for (const stale of [await get(), await get()]) {
        expect(stale.status).toBe(200);
        expect(cacheStatusOf(stale)).toMatch(/^outboundbot-gateway; hit; ttl=-\d+, nginx; fwd=uri-miss$/);
      }
      await expect.poll(requests).toBe(3);
    });

    it('answers from its cache with each page of the list that it has seen', async () => {
      const { get, gateway, requests } = await startSite();
      for (const query of ['', '?page=2', '?q=回访', '?q=回访&pageSize=5']) {
        const path = `/instances${query}`;
        const first = await get(path);
        const page = await first.text();
        expect(first.status).toBe(200);
        expect(cacheStatusOf(first)).toMatch(
          /^outboundbot-gateway; (fwd=miss|hit; ttl=\d), nginx; fwd=uri-miss$/,
        );
        expect(page).toBe(await (await fetch(`${gateway.url}${path}`)).text());

        const again = await get(path);
        expect(cacheStatusOf(again)).toContain('nginx; hit');
        expect(await again.text()).toBe(page);
        expect(again.headers.get('link')).toBe(first.headers.get('link'));
        const etag = first.headers.get('etag') ?? '';
        expect((await get(path, { 'if-none-match': etag })).status).toBe(304);
      }
      // The gateway gets each query twice: once from nginx, and once from this test.
      await expect.poll(requests).toBe(8);
    });

    it('answers from its cache with a long page in the coding that each caller accepts, and in no other', async () => {
      const { url } = await startSite();
      const path = '/instances?pageSize=100';
      const ask = async (accepted: string, headers: Record<string, string> = {}) => {
        const answer = await request(`${url}${path}`, {
          headers: { 'accept-encoding': accepted, ...headers },
        });
        const bytes = Buffer.from(await answer.body.arrayBuffer());
        const coding = answer.headers['content-encoding'] as keyof typeof DECODERS | undefined;
        const body = (coding ? DECODERS[coding](bytes) : bytes).toString();
        return { status: answer.statusCode, headers: answer.headers, coding, body };
      };
      const callers = [
        ['gzip', 'gzip'],
        ['', undefined],
        ['br', 'br'],
        ['identity', undefined],
        ['gzip, deflate, br, zstd', 'br'],
        ['gzip;q=0', undefined],
      ] as const;
      const plain = (await ask('')).body;
      expect(JSON.parse(plain)).toMatchObject({ pageSize: 100 });
      for (const cacheStatus of [/nginx; (?:fwd=uri-miss|hit)$/, /nginx; hit$/]) {
        for (const [accepted, coding] of callers) {
          const answer = await ask(accepted);
          expect([accepted, answer.coding]).toStrictEqual([accepted, coding]);
          expect(answer.body).toBe(plain);
          expect(String(answer.headers['cache-status'])).toMatch(cacheStatus);
          const etag = answer.headers['etag'] as string;
          const known = { 'if-none-match': etag, 'cache-control': 'max-stale' };
          expect(await ask(accepted, known)).toMatchObject({ status: 304, body: '', headers: { etag } });
        }
      }
    });

    it("does not store the gateway's error about a wrong query of the list", async () => {
      const { get, requests } = await startSite();
      for (const wrong of [await get('/instances?pag=2'), await get('/instances?pag=2')]) {
        expect(wrong.status).toBe(400);
        expect(await wrong.json()).toMatchObject({ code: 'invalid-request' });
      }
      await expect.poll(requests).toBe(2);
    });

    it('passes on and caches a Link header of almost 8,000 characters, for 100 long ids', async () => {
      const { get, gateway } = await startSite();
      const ids = Array.from({ length: 100 }, (_, number) => String(number).padStart(64, 'x'));
      const path = `/instances?id=${ids.join()}&q=${encodeURIComponent('實'.repeat(100))}`;
      const link = (await fetch(`${gateway.url}${path}`)).headers.get('link') ?? '';
      expect(link.length).toBeGreaterThan(7500);
      for (const cacheStatus of ['nginx; fwd=uri-miss', 'nginx; hit']) {
        const response = await get(path);
        expect(response.status).toBe(200);
        expect(response.headers.get('link')).toBe(link);
        expect(cacheStatusOf(response)).toContain(cacheStatus);
      }
    });

    it.each([PATH, '/instances?q=renamed'])(
      'passes on a request for a fresh answer, and stores that answer: %s',
      async (path) => {
        const { get, gateway, requests } = await startSite();
        await get(path);
        upstream.emulator.instances.put({ InstanceId: SAMPLE_ID, InstanceName: 'renamed' });
        expect(await (await get(path)).text()).not.toContain('"renamed"');
        for (const directive of ['no-cache', 'max-age=1']) {
          gateway.clock.advance(2000);
          const fresh = await get(path, { 'cache-control': directive });
          expect(cacheStatusOf(fresh)).toBe('outboundbot-gateway; fwd=request, nginx; fwd=request');
          expect(await fresh.text()).toContain('"renamed"');
        }
        const later = await get(path);
        expect(cacheStatusOf(later)).toContain('nginx; hit');
        expect(await later.text()).toContain('"renamed"');
        await expect.poll(requests).toBe(3);
      },
    );

    it('sends no rate limit headers, which belong to the caller that filled the cache', async () => {
      const { get } = await startSite({ RATE_LIMIT_REQUESTS: '10', RATE_LIMIT_WINDOW_S: '60' });
      for (const { headers } of [await get(), await get()]) {
        expect(headers.has('ratelimit')).toBe(false);
        expect(headers.has('ratelimit-policy')).toBe(false);
      }
    });
  });

  it('passes requests with a credential to the gateway, and does not store their answers', async () => {
    const keys = new KeyFile();
    onTestFinished(() => {
      keys.delete();
    });
    const [mine, others] = [keys.add('mine', SAMPLE_ID), keys.add('others', 'other-*')];
    keys.write();
    const { get, requests } = await startSite({ AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: keys.path });
    const first = await get(PATH, { 'x-api-key': mine });
    expect(first.status).toBe(200);
    expect(first.headers.get('cache-control')).toMatch(/^private, /);
    const again = await get(PATH, { 'x-api-key': mine });
    expect(cacheStatusOf(again)).toMatch(/^outboundbot-gateway; hit; ttl=\d, nginx; fwd=bypass$/);
    const etag = first.headers.get('etag') ?? '';
    expect((await get(PATH, { 'x-api-key': mine, 'if-none-match': etag })).status).toBe(304);
    expect((await get(PATH, { 'x-api-key': others })).status).toBe(403);
    expect((await get()).status).toBe(401);
    expect((await get(PATH, { authorization: 'Bearer nonsense' })).status).toBe(401);
    await expect.poll(requests).toBe(6);
  });

  it('never answers a caller with the page of a caller that has another credential', async () => {
    const keys = new KeyFile();
    onTestFinished(() => {
      keys.delete();
    });
    const callers = [
      { key: keys.add('all', '*'), total: 60 },
      { key: keys.add('one', SAMPLE_ID), total: 1 },
      { key: keys.add('none', 'other-*'), total: 0 },
    ];
    keys.write();
    const { get, requests } = await startSite({ AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: keys.path });
    const etags: string[] = [];
    // Twice, so that each caller follows each other one.
    for (const { key, total } of [...callers, ...callers.toReversed()]) {
      const page = await get('/instances', { 'x-api-key': key, 'if-none-match': etags.at(-1) ?? '""' });
      // In the middle of the loop one caller sends two requests in a row.
      if (page.status === 304) expect(etags.at(-1)).toBe(page.headers.get('etag'));
      else expect(await page.json()).toMatchObject({ total });
      expect(page.headers.get('cache-control')).toMatch(/^private, /);
      expect(page.headers.get('vary')).toContain('X-API-Key');
      expect(cacheStatusOf(page)).toMatch(/nginx; fwd=bypass$/);
      etags.push(page.headers.get('etag') ?? '');
    }
    expect(new Set(etags).size).toBe(callers.length);
    for (const headers of [{}, { authorization: 'Bearer nonsense' }, { 'x-api-key': 'wrong' }]) {
      const refused = await get('/instances', headers);
      expect(refused.status).toBe(401);
      expect(await refused.text()).not.toContain(SAMPLE_ID);
    }
    await expect.poll(requests).toBe(9);
  });

  it('a proxy that compresses makes the entity tag weak, and the gateway still answers 304 to it', async () => {
    const { gateway } = await startSite();
    const nginx = await startPrefixingNginx(nginxPath ?? '', '/bot/', gateway.url, await freePort());
    onTestFinished(() => nginx.stop());
    const get = (headers: Record<string, string> = {}) =>
      request(`${nginx.url}/bot${PATH}`, { headers: { 'accept-encoding': 'gzip', ...headers } });
    const { headers, body } = await get();
    await body.dump();
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', etag: expect.stringMatching(/^W\/"/) });
    const again = await get({ 'if-none-match': headers['etag'] as string });
    expect(again.statusCode).toBe(304);
  });

  it("passes on the gateway's errors, and stores none of them", async () => {
    const { get, requests } = await startSite({ CACHE_NOT_FOUND_MS: '0' });
    for (const missing of [await get('/instances/missing'), await get('/instances/missing')]) {
      expect(missing.status).toBe(404);
      expect(missing.headers.get('content-type')).toContain('application/problem+json');
      expect(await missing.json()).toMatchObject({ code: 'instance-not-found' });
    }
    upstream.emulator.faults.add({ kind: 'error', code: 'InvalidAccessKeyId.NotFound', times: 1 });
    const refused = await get();
    expect(refused.status).toBe(502);
    expect(await refused.json()).toMatchObject({ code: 'upstream-refused' });
    expect((await get()).status).toBe(200);
    await expect.poll(requests).toBe(4);
  });

  it('gives every request one id, in the answer and in the log of the gateway', async () => {
    const { get, gateway, requests } = await startSite();
    const logged = () => gateway.requestLog().map(({ requestId }) => requestId);
    const answeredTo = async (id: string) =>
      (await get('/problems', { 'x-request-id': id })).headers.get('x-request-id');
    expect(await answeredTo('a.caller-s_own')).toBe('a.caller-s_own');
    const made = await answeredTo('not one, "really"');
    expect(made).toMatch(/^[0-9a-f]{32}$/);
    await expect.poll(requests).toBe(2);
    expect(logged().slice(-2)).toStrictEqual(['a.caller-s_own', made]);

    await get(PATH, { 'x-request-id': 'first' });
    const hit = await get(PATH, { 'x-request-id': 'second' });
    expect(hit.headers.get('x-request-id')).toBe('second');
    expect(cacheStatusOf(hit)).toContain('nginx; hit');
  });

  it("forwards the caller's address, and ignores the X-Forwarded-For that the caller sends", async () => {
    const { get } = await startSite({ RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW_S: '60' });
    expect((await get(PATH, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(200);
    expect((await get('/instances/other', { 'x-forwarded-for': '192.0.2.2' })).status).toBe(429);
  });

  it('reuses one connection to the gateway', async () => {
    const { get, gateway } = await startSite();
    let connections = 0;
    gateway.app.getHttpServer().on('connection', () => (connections += 1));
    for (const id of ['a', 'b', 'c', 'd', 'e']) await get(`/instances/${id}`);
    // The worker of nginx may still have the connection on which startNginx asked whether nginx is ready.
    expect(connections).toBeLessThanOrEqual(1);
  });

  it('passes all other routes through unchanged', async () => {
    const { get } = await startSite();
    expect((await get('/docs')).headers.get('content-security-policy')).toContain("script-src 'self'");
    expect((await get('/health/ready')).status).toBe(200);
    expect((await get('/instances/..%2f')).status).toBe(400);
    expect((await get('/instances/a%0a')).status).toBe(400);
    const posted = await get(PATH, {}, 'POST');
    expect(posted.status).toBe(405);
    expect(posted.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });

  /** What every answer that nginx itself makes must look like. */
  function expectProblem(
    status: number,
    title: string,
    { headers, body }: { headers: Headers; body: string },
  ): void {
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(headers.get('cache-control')).toBe('no-store');
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) expect(headers.get(name)).toBe(value);
    const requestId = headers.get('x-request-id');
    expect(requestId).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
    expect(JSON.parse(body)).toStrictEqual({
      ...{ type: 'about:blank', title, status, detail: expect.stringMatching(/\w.*\.$/), requestId },
    });
  }

  it('answers with a problem document when it reaches no gateway', async () => {
    const { get, stopGateway } = await startSite();
    await stopGateway();
    for (const path of [PATH, '/docs']) {
      const response = await get(path, { 'x-request-id': 'mine' });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(response.headers.get('x-request-id')).toBe('mine');
      expectProblem(503, 'Service Unavailable', { headers: response.headers, body: await response.text() });
    }
  });

  it.each([
    [400, 'Bad Request', 'GET / HTTP/1.1\r\n\r\n'],
    [400, 'Bad Request', 'nonsense\r\n\r\n'],
    [404, 'Not Found', 'GET /outboundbot-problem HTTP/1.1\r\nHost: a\r\n\r\n'],
    [405, 'Method Not Allowed', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n'],
    [413, 'Content Too Large', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2048\r\n\r\n'],
    [414, 'URI Too Long', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    [
      431,
      'Request Header Fields Too Large',
      `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${'a'.repeat(20_000)}\r\n\r\n`,
    ],
    [501, 'Not Implemented', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n'],
    [505, 'HTTP Version Not Supported', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n'],
  ])('answers %i %s with a problem document of its own', async (status, title, request) => {
    const { url, requests } = await startSite();
    const [head = '', body = ''] = (await sendRaw(url, request)).split('\r\n\r\n');
    const [statusLine, ...lines] = head.split('\r\n');
    expect(statusLine).toMatch(new RegExp(`^HTTP/1.1 ${status}\\b`));
    const headers = new Headers(
      lines.map((line): [string, string] => [line.split(':')[0]!, line.replace(/^.*?: /, '')]),
    );
    expectProblem(status, title, { headers, body });
    expect(headers.get('allow')).toBe(status === 405 ? 'GET, HEAD, OPTIONS' : null);
    expect(requests()).toBe(0);
  });

  it('answers plain HTTP on a port for TLS with a problem document', async () => {
    const tls = await makeCertificate(['localhost']);
    const nginx = await startNginx(nginxPath ?? '', ['http://127.0.0.1:1'], tls);
    onTestFinished(() => nginx.stop());
    const response = await fetch(nginx.url);
    expect(response.status).toBe(400);
    expectProblem(400, 'Bad Request', { headers: response.headers, body: await response.text() });
  });

  describe('with many requests of one address', () => {
    /**
     * Opens one request more than an address may have; all of them wait for a body. Resolves when nginx has refused one. Only
     * then are the other places taken for certain.
     */
    async function takeAllPlaces(url: string, address: string): Promise<void> {
      const sockets = Array.from({ length: 101 }, () => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        onTestFinished(() => void socket.destroy());
        socket.write(`POST / HTTP/1.1\r\nHost: a\r\nX-Test-Address: ${address}\r\nContent-Length: 9\r\n\r\n`);
        return socket;
      });
      await Promise.race(sockets.map((socket) => once(socket, 'data')));
    }

    it.each([
      ['192.0.2.1', '192.0.2.1', '192.0.2.2'],
      ['2001:db8:0:1::1', '2001:db8:0:1:2::1', '2001:db8:0:2::1'],
    ])(
      'answers 429 beyond 100 open requests of %s, also to %s, but not to %s',
      async (first, same, other) => {
        const { url, get } = await startSite();
        await takeAllPlaces(url, first);
        const from = (address: string) => get('/health/ready', { 'x-test-address': address });
        const refused = await from(same);
        expect(refused.status).toBe(429);
        expect(refused.headers.get('retry-after')).toBe('1');
        expectProblem(429, 'Too Many Requests', { headers: refused.headers, body: await refused.text() });
        expect((await from(other)).status).toBe(200);
      },
    );
  });
});
