import { describe, expect, it } from 'vitest';

import { readProxies } from './proxies.js';

const PROXY = 'http://proxy.example.com:3128';

describe('readProxies', () => {
  const proxies = readProxies({ HTTPS_PROXY: 'http://secure:1', HTTP_PROXY: 'http://plain:2' });

  it('chooses the proxy by the scheme of the URL', () => {
    expect(proxies.proxyFor('https://a.example.com/x')?.host).toBe('secure:1');
    expect(proxies.proxyFor('http://a.example.com/x')?.host).toBe('plain:2');
  });

  it('chooses no proxy if only the variable of the other scheme is set', () => {
    expect(readProxies({ HTTP_PROXY: PROXY }).proxyFor('https://a')).toBeUndefined();
    expect(readProxies({ HTTPS_PROXY: PROXY }).proxyFor('http://a')).toBeUndefined();
    expect(readProxies({}).proxyFor('https://a')).toBeUndefined();
  });

  it('keeps the credentials of the proxy', () => {
    expect(readProxies({ HTTPS_PROXY: 'http://u:p@proxy:1' }).proxyFor('https://a')?.username).toBe('u');
  });

  it('uses the proxy for loopback addresses too, unless NO_PROXY names them', () => {
    for (const url of ['http://localhost', 'http://127.0.0.1:4010', 'http://[::1]'])
      expect(proxies.proxyFor(url)).toBeDefined();
  });
});

describe('NO_PROXY', () => {
  const isDirect = (NO_PROXY: string, url: string): boolean =>
    readProxies({ HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY, NO_PROXY }).proxyFor(url) === undefined;

  it.each([
    ['*', 'https://a.example.com'],
    ['example.com', 'https://example.com'],
    ['example.com', 'https://a.b.example.com'],
    ['.example.com', 'https://a.example.com'],
    ['.example.com', 'https://example.com'],
    ['*.example.com', 'https://a.example.com'],
    ['EXAMPLE.com', 'https://a.Example.COM'],
    ['example.com.', 'https://example.com'],
    ['example.com', 'https://example.com.'],
    ['a, b,example.com', 'https://example.com'],
    ['a b example.com', 'https://example.com'],
    ['example.com:443', 'https://example.com'],
    ['example.com:8080', 'http://example.com:8080'],
    ['localhost', 'http://localhost:4010'],
    ['127.0.0.1', 'http://127.0.0.1:4010'],
    ['127.0.0.1:4010', 'http://127.0.0.1:4010'],
    ['10.0.0.0/8', 'https://10.1.2.3'],
    ['::1', 'http://[::1]:4010'],
    ['[::1]', 'http://[::1]:4010'],
    ['[::1]:4010', 'http://[::1]:4010'],
    ['fd00::/8', 'https://[fd12::1]'],
    ['0:0:0:0:0:0:0:1', 'http://[::1]'],
  ])('"%s" makes calls to %s direct', (entries, url) => {
    expect(isDirect(entries, url)).toBe(true);
  });

  it.each([
    ['', 'https://example.com'],
    [',', 'https://example.com'],
    ['example.com', 'https://notexample.com'],
    ['a.example.com', 'https://example.com'],
    ['example.com', 'https://example.com.evil.com'],
    ['example.com:80', 'https://example.com'],
    ['example.com:8080', 'http://example.com'],
    ['.', 'https://example.com'],
    ['10.0.0.0/8', 'https://11.1.2.3'],
    ['10.0.0.0/8', 'https://a.example.com'],
    ['127.0.0.1', 'http://127.0.0.2'],
    ['0.0.1', 'http://127.0.0.1'],
    ['fd00::/8', 'https://10.0.0.1'],
    ['10.0.0.0/99', 'https://10.0.0.1'],
  ])('"%s" leaves calls to %s to the proxy', (entries, url) => {
    expect(isDirect(entries, url)).toBe(false);
  });
});
