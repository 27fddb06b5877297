import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type CacheMode, cacheModes } from './cache-mode.js';
import { createGatewayClient, type GatewayClientOptions } from './create-gateway-client.js';
import { answer, ok, useScriptedServer } from './test-support/scripted-server.js';

const CHROMIUM = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0';

const server = useScriptedServer();

/** Records the `cache` that each request was made with; undefined if it was made without one. */
function useRecordedModes(): (string | undefined)[] {
  const modes: (string | undefined)[] = [];
  beforeEach(() => {
    modes.length = 0;
    class RecordingRequest extends Request {
      constructor(input: string, init?: RequestInit & { cache?: string }) {
        super(input, init);
        if (init !== undefined) modes.push(init.cache);
      }
    }
    vi.stubGlobal('Request', RecordingRequest);
  });
  afterEach(() => void vi.unstubAllGlobals());
  return modes;
}

const start = (options: Partial<GatewayClientOptions> = {}) =>
  createGatewayClient({ baseUrl: server.url, ...options });

describe('outside of a browser', () => {
  const modes = useRecordedModes();

  it.each([
    ['no navigator', undefined],
    ['a navigator without a user agent', {}],
    ['Node.js', { userAgent: 'Node.js/22' }],
    ['Cloudflare Workers', { userAgent: 'Cloudflare-Workers' }],
  ])('a request has no cache mode, with a memory or without one: %s', async (_, navigator) => {
    vi.stubGlobal('navigator', navigator);
    for (const maxRemembered of [100, 0]) {
      const client = start({ maxRemembered });
      await client.getInstance('abc');
      await client.getInstance('abc', { fresh: true });
    }
    expect(modes).toStrictEqual([undefined, undefined, undefined, undefined]);
  });

  it.each<[CacheMode, CacheMode]>([
    ['default', 'no-cache'],
    ['force-cache', 'no-cache'],
    ['no-store', 'no-store'],
    ['reload', 'reload'],
  ])('an ordinary request has the given mode %s, and a fresh one has %s', async (cache, fresh) => {
    const client = start({ cache });
    await client.getInstance('abc');
    await client.getInstance('abc', { fresh: true });
    expect(modes).toStrictEqual([cache, fresh]);
  });
});

describe('in a browser', () => {
  const modes = useRecordedModes();
  beforeEach(() => void vi.stubGlobal('navigator', { userAgent: CHROMIUM }));

  it.each([
    ['bypasses the HTTP cache while the client remembers answers', 100, false, 'no-store'],
    ['bypasses it for a fresh read too', 100, true, 'no-store'],
    ['uses the HTTP cache if the client remembers none', 0, false, 'default'],
    ['revalidates the HTTP cache for a fresh read', 0, true, 'no-cache'],
  ])('a request %s', async (_, maxRemembered, fresh, expected) => {
    await start({ maxRemembered }).getInstance('abc', { fresh });
    expect(modes).toStrictEqual([expected]);
  });

  it('the given mode has precedence', () => {
    expect(cacheModes('default', true)).toStrictEqual({ ordinary: 'default', fresh: 'no-cache' });
  });
});

describe('the Cache-Control of an ordinary request', () => {
  it.each<[string, Partial<GatewayClientOptions>]>([
    ['without a cache mode', {}],
    ['with the mode no-store', { cache: 'no-store' }],
  ])('never tells the gateway to bypass its cache: %s', async (_, options) => {
    server.script = [ok(), answer(304)];
    const client = start(options);
    await client.getInstance('abc');
    await client.getInstance('abc');
    expect(server.requests[1]!.headers['if-none-match']).toBe('"1"');
    for (const { headers } of server.requests)
      expect(headers['cache-control'] ?? '').not.toMatch(/no-cache|max-age/);
  });
});
