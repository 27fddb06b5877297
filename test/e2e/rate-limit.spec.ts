import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, startStack } from '../support/gateway.js';
import { sendRaw } from '../support/raw-http.js';

const PATH = `/instances/${SAMPLE_ID}`;
const FIVE_A_MINUTE = { RATE_LIMIT_REQUESTS: '5', RATE_LIMIT_WINDOW_S: '60' };
type Stack = Awaited<ReturnType<typeof startStack>>;

describe('the rate limit of an authenticated caller', () => {
  const file = new KeyFile();
  const keys = { web: file.add('web', SAMPLE_ID), batch: file.add('batch', '*') };
  file.write();
  let stack: Stack;
  beforeEach(async () => {
    stack = await startStack({
      ...FIVE_A_MINUTE,
      AUTH_MODE: 'api-key',
      AUTH_API_KEYS_FILE: file.path,
      TRUST_PROXY: '127.0.0.1',
    });
  });
  afterEach(() => stack.close());
  afterAll(() => {
    file.delete();
  });
  const get = (key: string | undefined, path = PATH) => {
    const request = stack.gateway.http.get(path);
    return key === undefined ? request : request.set('x-api-key', key);
  };

  it('counts down in the RateLimit header, then answers 429 with Retry-After', async () => {
    for (const remaining of [4, 3, 2, 1, 0]) {
      const { status, headers } = await get(keys.web);
      expect(status).toBe(200);
      expect(headers['ratelimit-policy']).toBe('"caller";q=5;w=60');
      expect(headers['ratelimit']).toMatch(new RegExp(`^"caller";r=${remaining};t=(5[0-9]|60)$`));
      expect(headers).not.toHaveProperty('retry-after');
    }
    const { status, headers, body } = await get(keys.web);
    expect(status).toBe(429);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(headers['ratelimit-policy']).toBe('"caller";q=5;w=60');
    const [, t] = /^"caller";r=0;t=(\d+)$/.exec(headers['ratelimit']!)!;
    expect(headers['retry-after']).toBe(t);
    expect(['59', '60']).toContain(t);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers).not.toHaveProperty('etag');
    expect(body).toMatchObject({ code: 'too-many-requests', status: 429 });
    expect(stack.emulator.calls.count()).toBe(1);
  });

  it('does not count the requests of another caller', async () => {
    for (let n = 0; n < 6; n += 1) await get(keys.web);
    expect((await get(keys.web)).status).toBe(429);
    const { status, headers } = await get(keys.batch);
    expect(status).toBe(200);
    expect(headers['ratelimit']).toMatch(/^"caller";r=4;/);
  });

  it('counts the requests of one key together, whatever address they come from', async () => {
    for (let n = 0; n < 5; n += 1) await get(keys.web).set('x-forwarded-for', `203.0.113.${n}`);
    expect((await get(keys.web).set('x-forwarded-for', '203.0.113.99')).status).toBe(429);
  });

  it('counts requests that are answered 400 or 403', async () => {
    const statuses: number[] = [];
    for (const path of [PATH, '/instances/other', '/instances/not..valid', PATH, PATH, PATH]) {
      statuses.push((await get(keys.web, path)).status);
    }
    expect(statuses).toStrictEqual([200, 403, 400, 200, 200, 429]);
  });

  it('counts requests that are answered 304, and HEAD requests', async () => {
    const { headers } = await get(keys.web);
    for (let n = 0; n < 2; n += 1) await get(keys.web).set('if-none-match', headers['etag']!).expect(304);
    for (let n = 0; n < 2; n += 1) await stack.gateway.http.head(PATH).set('x-api-key', keys.web).expect(200);
    const last = await get(keys.web).set('if-none-match', headers['etag']!);
    expect(last.status).toBe(429);
  });

  it('limits wrong and missing keys by address, and does not affect a valid key from there', async () => {
    for (let n = 0; n < 5; n += 1) expect((await get(`guess-${n}`)).status).toBe(401);
    expect((await get('guess-6')).status).toBe(429);
    expect((await get(undefined)).status).toBe(429);
    expect((await get(keys.web)).status).toBe(200);
  });

  it.each(['/docs', '/openapi.json', '/problems', '/nope'])(
    'is not that of the requests to %s, which need no credential',
    async (path) => {
      for (let n = 0; n < 7; n += 1) {
        const { status, headers } = await get(undefined, path);
        expect(status).not.toBe(429);
        expect(headers).not.toHaveProperty('ratelimit');
      }
      for (let n = 0; n < 5; n += 1) expect((await get(undefined)).status).toBe(401);
    },
  );
});

describe('the rate limit of an address on requests that need no credential', () => {
  /** 20 times the limit of a caller. */
  const LIMIT = 100;
  let stack: Stack;
  beforeEach(async () => {
    stack = await startStack({ ...FIVE_A_MINUTE, AUTH_MODE: 'none', TRUST_PROXY: '127.0.0.1' });
  });
  afterEach(() => stack.close());

  /** Sends as many requests for an unknown path as the limit allows. */
  async function useUp(address = '198.51.100.1'): Promise<void> {
    for (let n = 0; n < LIMIT; n += 1) {
      const { status, body } = await fetch(`${stack.gateway.url}/nope`, {
        headers: { 'x-forwarded-for': address },
      });
      expect(status).toBe(404);
      await body?.cancel();
    }
  }

  it.each([
    ['the documentation', 'GET', '/docs'],
    ['the OpenAPI document', 'GET', '/openapi.json'],
    ['a problem page', 'GET', '/problems/overloaded'],
    ['an unknown path', 'GET', '/nope'],
    ['an unserved method', 'DELETE', PATH],
    ['a preflight', 'OPTIONS', PATH],
    ['a request without a Host header', 'GET', PATH, ''],
  ])('answers %s with 429 beyond the limit', async (_, method, path, host = 'Host: x\r\n') => {
    await useUp();
    const ask = (address: string) =>
      sendRaw(
        stack.gateway.url,
        `${method} ${path} HTTP/1.1\r\n${host}X-Forwarded-For: ${address}\r\nConnection: close\r\n\r\n`,
      );
    const answer = await ask('198.51.100.1');
    expect(answer).toMatch(/^HTTP\/1.1 429 /);
    expect(answer).toContain('ratelimit-policy: "caller";q=100;w=60\r\n');
    expect(answer).toMatch(/ratelimit: "caller";r=0;t=(5[0-9]|60)\r\n/);
    expect(answer).toMatch(/retry-after: (5[0-9]|60)\r\n/);
    expect(answer).toContain('"code":"too-many-requests"');
    expect(await ask('198.51.100.2')).not.toMatch(/^HTTP\/1.1 429 /);
  });

  it('leaves the health routes and the callers with a limit of their own alone', async () => {
    await useUp();
    for (const path of ['/health/live', '/health/ready', PATH]) {
      const { status } = await stack.gateway.http.get(path).set('x-forwarded-for', '198.51.100.1');
      expect(status).toBe(200);
    }
  });

  it('answers a malformed URL with 429 beyond the limit of the connection, which may be that of a proxy', async () => {
    await useUp('127.0.0.1');
    const answer = await sendRaw(stack.gateway.url, 'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 429 /);
    expect(answer).toMatch(/retry-after: (5[0-9]|60)\r\n/);
  });

  it('closes connections without an answer to bytes that are no HTTP, or CONNECT, beyond the limit', async () => {
    await useUp('127.0.0.1');
    expect(await sendRaw(stack.gateway.url, 'nonsense\r\n\r\n')).toBe('');
    expect(await sendRaw(stack.gateway.url, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')).toBe('');
  });

  it('is off with RATE_LIMIT_REQUESTS=0', async () => {
    await stack.close();
    stack = await startStack({ RATE_LIMIT_REQUESTS: '0', AUTH_MODE: 'none', TRUST_PROXY: '127.0.0.1' });
    await useUp();
    await useUp();
    await stack.gateway.http.get('/nope').set('x-forwarded-for', '198.51.100.1').expect(404);
  });
});

describe('the window of the rate limit', () => {
  it('slides: a request is allowed again RATE_LIMIT_WINDOW_S after each one, not all at once', async () => {
    const stack = await startStack({ RATE_LIMIT_REQUESTS: '4', RATE_LIMIT_WINDOW_S: '60' });
    const statuses = async (count: number): Promise<number[]> => {
      const all: number[] = [];
      for (let n = 0; n < count; n += 1) all.push((await stack.gateway.http.get(PATH)).status);
      return all;
    };
    expect(await statuses(1)).toStrictEqual([200]);
    stack.gateway.clock.advance(50_000);
    expect(await statuses(4)).toStrictEqual([200, 200, 200, 429]);
    stack.gateway.clock.advance(10_000);
    expect(await statuses(2)).toStrictEqual([200, 429]);
    stack.gateway.clock.advance(50_000);
    expect(await statuses(4)).toStrictEqual([200, 200, 200, 429]);
    await stack.close();
  });

  it('lets a request pass after Retry-After', async () => {
    const stack = await startStack({ RATE_LIMIT_REQUESTS: '2', RATE_LIMIT_WINDOW_S: '60' });
    await stack.gateway.http.get(PATH).expect(200);
    stack.gateway.clock.advance(20_000);
    await stack.gateway.http.get(PATH).expect(200);
    const { headers } = await stack.gateway.http.get(PATH).expect(429);
    expect(['39', '40']).toContain(headers['retry-after']);
    stack.gateway.clock.advance(1000 * Number(headers['retry-after']));
    await stack.gateway.http.get(PATH).expect(200);
    await stack.close();
  });

  it('does not limit at all with RATE_LIMIT_REQUESTS=0', async () => {
    const stack = await startStack({ RATE_LIMIT_REQUESTS: '0' });
    for (let n = 0; n < 120; n += 1) {
      const { status, headers } = await stack.gateway.http.get(PATH);
      expect(status).toBe(200);
      expect(headers).not.toHaveProperty('ratelimit');
    }
    await stack.close();
  });
});

describe('the rate limit of an anonymous caller', () => {
  /** The statuses of six requests with these X-Forwarded-For headers. */
  async function statuses(trustProxy: string, forwarded: (n: number) => string): Promise<number[]> {
    const stack = await startStack({ ...FIVE_A_MINUTE, AUTH_MODE: 'none', TRUST_PROXY: trustProxy });
    const all: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      all.push((await stack.gateway.http.get(PATH).set('x-forwarded-for', forwarded(n))).status);
    }
    await stack.close();
    return all;
  }
  const LIMITED = [200, 200, 200, 200, 200, 429];
  const UNLIMITED = Array<number>(6).fill(200);

  it.each([
    ['ignores X-Forwarded-For if no proxy is trusted', 'false', (n: number) => `203.0.113.${n}`, LIMITED],
    [
      'ignores X-Forwarded-For from an address that is not in TRUST_PROXY',
      '192.0.2.1',
      (n: number) => `203.0.113.${n}`,
      LIMITED,
    ],
    [
      'applies to the address that a trusted proxy reports',
      '127.0.0.1',
      (n: number) => `203.0.113.${n}`,
      UNLIMITED,
    ],
    [
      'applies to the address that a proxy in a trusted range reports',
      'loopback',
      (n: number) => `203.0.113.${n}`,
      UNLIMITED,
    ],
    [
      'applies to the address that any proxy reports with TRUST_PROXY=true',
      'true',
      (n: number) => `203.0.113.${n}`,
      UNLIMITED,
    ],
    [
      'ignores the address that the client itself sent to a trusted proxy',
      '127.0.0.1',
      (n: number) => `203.0.113.${n}, 198.51.100.7`,
      LIMITED,
    ],
    [
      'ignores the address that the client itself sent with TRUST_PROXY=true',
      'true',
      (n: number) => `203.0.113.${n}, 198.51.100.7`,
      LIMITED,
    ],
    [
      'applies to the first untrusted address behind several trusted proxies',
      '127.0.0.1,10.0.0.0/8',
      (n: number) => `203.0.113.${n}, 198.51.100.7, 10.1.2.3`,
      LIMITED,
    ],
    [
      'is shared by all addresses of one IPv6 /64 network',
      '127.0.0.1',
      (n: number) => `2001:db8:1:2::${n}`,
      LIMITED,
    ],
    ['is separate for each IPv6 /64 network', '127.0.0.1', (n: number) => `2001:db8:1:${n}::1`, UNLIMITED],
    [
      'treats an IPv4-mapped IPv6 address as the IPv4 address',
      '127.0.0.1',
      (n: number) => (n % 2 === 0 ? '203.0.113.1' : '::ffff:203.0.113.1'),
      LIMITED,
    ],
    [
      'applies to the address of the proxy if X-Forwarded-For has no valid address',
      '127.0.0.1',
      (n: number) => `nonsense-${n}`,
      LIMITED,
    ],
  ])('%s', async (_, trustProxy, forwarded, expected) => {
    expect(await statuses(trustProxy, forwarded)).toStrictEqual(expected);
  });
});
