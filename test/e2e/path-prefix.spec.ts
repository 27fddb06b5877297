import { describe, expect, it } from 'vitest';

import { SAMPLE_ID, useStack } from '../support/gateway.js';
import { sendRaw } from '../support/raw-http.js';

const BROWSER = { accept: 'text/html' };
/** Where callers find the gateway: a proxy takes `/bot` away before it passes the request on. */
const PUBLIC_URL = 'https://api.example.com/bot';

/** The addresses in an attribute of a page. */
const addressesIn = (html: string, attribute: 'href' | 'src'): string[] =>
  [...html.matchAll(new RegExp(` ${attribute}="([^"]*)"`, 'g'))].map(([, address = '']) => address);

/** The addresses in a `Link` field. */
const targetsIn = (link = ''): string[] => [...link.matchAll(/<([^>]*)>/g)].map(([, target = '']) => target);

describe.each([
  ['without PUBLIC_URL', {}],
  ['with PUBLIC_URL', { PUBLIC_URL: `${PUBLIC_URL}/` }],
])('below a path prefix that a proxy takes away, %s,', (_, variables) => {
  const stack = useStack({ AUTH_MODE: 'none', ...variables });
  const get = (path: string, headers: Record<string, string> = {}) =>
    stack.gateway.http.get(path).set(headers).redirects(0);
  /** What a caller makes of an address in the answer to this path. */
  const resolve = (address: string, path: string): string => new URL(address, `${PUBLIC_URL}${path}`).href;

  it.each(['/', '/?', '/?x=1', '/?x=/y/z'])('GET and HEAD %s lead to the documentation', async (path) => {
    for (const method of ['get', 'head'] as const) {
      const { status, headers } = await stack.gateway.http[method](path).redirects(0);
      expect(status).toBe(302);
      expect(resolve(headers['location'] ?? '', path)).toBe(`${PUBLIC_URL}/docs`);
    }
  });

  it('the documentation loads its files and the OpenAPI document from below the prefix', async () => {
    const { text } = await get('/docs').expect(200);
    const files = [...addressesIn(text, 'href'), ...addressesIn(text, 'src')];
    expect(files).toHaveLength(5);
    for (const file of files) {
      const url = resolve(file, '/docs');
      expect(url).toMatch(/^https:\/\/api\.example\.com\/bot\/docs\/[\w.-]+$/);
      await get(url.slice(PUBLIC_URL.length)).expect(200);
    }
    const [, document = ''] = /url: '([^']+)'/.exec((await get('/docs/start.js')).text) ?? [];
    expect(resolve(document, '/docs')).toBe(`${PUBLIC_URL}/openapi.json`);
  });

  it('the first server of the OpenAPI document is the prefix, in JSON and in YAML', async () => {
    const { body } = await get('/openapi.json').expect(200);
    const [server] = (body as { servers: { url: string }[] }).servers;
    // Clients append a path such as /instances to it.
    expect(resolve(`${server?.url ?? ''}/instances`, '/openapi.json')).toBe(`${PUBLIC_URL}/instances`);
    const { text } = await (
      await fetch(`${stack.gateway.url}/openapi.yaml`)
    )
      .text()
      .then((text) => ({ text }));
    expect(text).toContain(`- url: ${server?.url ?? ''}\n`);
  });

  it('the OpenAPI document links its errors to pages that exist', async () => {
    const { text } = await get('/openapi.json');
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(10);
    // Swagger UI shows them on its own page.
    for (const link of new Set(links))
      await get(resolve(link, '/docs').slice(PUBLIC_URL.length), BROWSER).expect(200);
  });

  it.each(['/problems', '/problems?lang=zh-Hant', '/problems/overloaded', '/problems/unknown'])(
    'every link of the page %s leads to a page of the gateway',
    async (path) => {
      const { text } = await get(path, BROWSER);
      const links = addressesIn(text, 'href').map((link) => resolve(link.replaceAll('&amp;', '&'), path));
      expect(links).toContain(`${PUBLIC_URL}/docs`);
      for (const link of links) {
        expect(link).toMatch(/^https:\/\/api\.example\.com\/bot\//);
        const { status } = await get(link.slice(PUBLIC_URL.length), BROWSER);
        const isPageItself = link.includes('/problems/unknown');
        expect(status, link).toBe(isPageItself ? 404 : 200);
      }
    },
  );

  it('the Link field of the list leads to the other pages', async () => {
    const path = '/instances?pageSize=2&page=2';
    const { headers } = await get(path).expect(200);
    const targets = targetsIn(headers['link']).map((target) => resolve(target, path));
    expect(targets).toHaveLength(4);
    for (const target of targets) {
      expect(target).toMatch(/^https:\/\/api\.example\.com\/bot\/instances\?page=\d+&pageSize=2$/);
      await get(target.slice(PUBLIC_URL.length)).expect(200);
    }
    const head = await stack.gateway.http.head(path);
    expect(head.headers['link']).toBe(headers['link']);
  });
});

describe('without PUBLIC_URL', () => {
  const stack = useStack();

  it('errors have the type that the contract names', async () => {
    const { body } = await stack.gateway.http.get('/nope');
    expect(body).toMatchObject({ type: '/problems/route-not-found', instance: '/nope' });
  });

  it('no answer names an origin', async () => {
    for (const path of ['/', '/docs', '/problems', '/instances?pageSize=1']) {
      const { headers, text } = await stack.gateway.http.get(path).set(BROWSER).redirects(0);
      expect([headers['location'], headers['link'], text].join()).not.toContain('://');
    }
  });
});

describe('with PUBLIC_URL', () => {
  const stack = useStack({ PUBLIC_URL, AUTH_MODE: 'none' });
  const get = (path: string) => stack.gateway.http.get(path).redirects(0);

  it('links, redirects and the first server begin with it', async () => {
    expect((await get('/')).headers['location']).toBe(`${PUBLIC_URL}/docs`);
    for (const target of targetsIn((await get('/instances?pageSize=1')).headers['link']))
      expect(target).toMatch(/^https:\/\/api\.example\.com\/bot\/instances\?/);
    const { text } = await get('/problems').set(BROWSER);
    expect(text).toContain(`<a href="${PUBLIC_URL}/problems/forbidden">`);
    expect(text).toContain(`<a href="${PUBLIC_URL}/docs">`);
  });

  it('the document has two servers: the public URL, and the address at which the document was opened', async () => {
    const { body } = await get('/openapi.json');
    expect((body as { servers: unknown }).servers).toStrictEqual([
      { url: PUBLIC_URL, description: 'This gateway' },
      { url: '.', description: 'This gateway, at the address of this document' },
    ]);
  });

  it.each([
    ['/nope', 'route-not-found'],
    ['/instances/not..valid', 'invalid-request'],
    ['/instances/missing', 'instance-not-found'],
    ['/instances?nope=1', 'invalid-request'],
    ['/%zz', 'invalid-request'],
  ])(
    'the type of the error of %s is absolute, and its instance is the path that the gateway saw',
    async (path, code) => {
      const response = await fetch(`${stack.gateway.url}${path}`);
      expect(await response.json()).toMatchObject({
        type: `${PUBLIC_URL}/problems/${code}`,
        instance: path.split('?')[0]!.replace('%zz', '%25zz'),
        code,
      });
    },
  );

  it('so is the type of errors about what is no request, and about CONNECT', async () => {
    for (const bytes of ['nonsense\r\n\r\n', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'])
      expect(await sendRaw(stack.gateway.url, bytes)).toContain(`"type":"${PUBLIC_URL}/problems/`);
  });

  it('so are the types in the documentation of the error codes', async () => {
    const { body } = await get('/problems');
    for (const { type, code } of body as { type: string; code: string }[])
      expect(type).toBe(`${PUBLIC_URL}/problems/${code}`);
    expect((await get('/problems/forbidden')).body).toMatchObject({
      type: `${PUBLIC_URL}/problems/forbidden`,
    });
  });

  it('pages still load only from the origin at which they were opened', async () => {
    for (const path of ['/docs', '/problems']) {
      const { headers, text } = await get(path).set(BROWSER);
      expect(headers['content-security-policy']).not.toContain('example.com');
      for (const file of [...text.matchAll(/<(?:link|script)[^>]* (?:href|src)="([^"]*)"/g)])
        expect(file[1]).toMatch(/^docs\//);
    }
  });

  it('origins of other pages get no access by it', async () => {
    const { headers } = await stack.gateway.http
      .get(`/instances/${SAMPLE_ID}`)
      .set('origin', new URL(PUBLIC_URL).origin);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toStrictEqual([]);
  });
});
