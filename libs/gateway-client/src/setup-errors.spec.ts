import { afterEach, describe, expect, it, vi } from 'vitest';

import { createGatewayClient } from './create-gateway-client.js';
import { GatewayError } from './gateway-error.js';
import { FakeClock } from './test-support/fake-clock.js';
import { useScriptedServer } from './test-support/scripted-server.js';

const server = useScriptedServer();
afterEach(() => void vi.unstubAllGlobals());

const failureOf = (call: Promise<unknown>): Promise<GatewayError> =>
  call.then(
    () => expect.unreachable('The call did not fail.'),
    (error: unknown) => error as GatewayError,
  );

describe('a request that the platform cannot make', () => {
  const NOT_IMPLEMENTED = "The 'cache' field on 'RequestInitializerDict' is not implemented.";

  /** As Cloudflare Workers with an old compatibility date. */
  class RequestWithoutCache extends Request {
    constructor(input: string, init?: RequestInit) {
      if (init !== undefined && 'cache' in init) throw new TypeError(NOT_IMPLEMENTED);
      super(input, init);
    }
  }

  it('is a setup-error that says why, and is not retried', async () => {
    vi.stubGlobal('Request', RequestWithoutCache);
    const clock = new FakeClock();
    const client = createGatewayClient({ baseUrl: server.url, clock, cache: 'no-store' });
    const error = await failureOf(client.getInstance('abc', { requestId: 'mine' }));
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code: 'setup-error', status: null, requestId: 'mine', isRetryable: false });
    expect(error.detail).toBe(`This platform cannot make the request: ${NOT_IMPLEMENTED}`);
    expect(clock.slept).toStrictEqual([]);
    expect(server.requests).toHaveLength(0);
  });

  it('is made without a cache mode by default', async () => {
    vi.stubGlobal('Request', RequestWithoutCache);
    const client = createGatewayClient({ baseUrl: server.url });
    expect(await client.getInstance('abc')).toMatchObject({ instanceId: 'abc' });
  });
});

it('an error with which Next.js stops the rendering of a page reaches Next.js as it is', async () => {
  const stop = Object.assign(new Error('Dynamic server usage'), { digest: 'DYNAMIC_SERVER_USAGE' });
  const client = createGatewayClient({ baseUrl: server.url, fetch: () => Promise.reject(stop) });
  expect(await failureOf(client.getInstance('abc'))).toBe(stop);
});

it.each([
  ['that is no function', 'fetch' as unknown as typeof fetch],
  [
    'that throws at once',
    () => {
      throw new TypeError('wrong arguments');
    },
  ],
])('a fetch %s is a setup-error, and is not retried', async (_name, fetch) => {
  const clock = new FakeClock();
  const client = createGatewayClient({ baseUrl: server.url, clock, fetch });
  expect(await failureOf(client.getInstance('abc'))).toMatchObject({
    code: 'setup-error',
    isRetryable: false,
  });
  expect(clock.slept).toStrictEqual([]);
});

it('a platform without fetch is a setup-error', async () => {
  vi.stubGlobal('fetch', undefined);
  const client = createGatewayClient({ baseUrl: server.url });
  expect(await failureOf(client.getInstance('abc'))).toMatchObject({ code: 'setup-error' });
});

it.each([
  ['to a port that the Fetch Standard blocks', { baseUrl: 'http://127.0.0.1:6000' }, ''],
  [
    'of a fetch that cannot read the request',
    { fetch: () => fetch('[object Request]') },
    ' (ERR_INVALID_URL)',
  ],
])('a request %s is a setup-error, and is not retried', async (_name, options, reason) => {
  const clock = new FakeClock();
  const client = createGatewayClient({ baseUrl: server.url, clock, ...options });
  expect(await failureOf(client.getInstance('abc'))).toMatchObject({
    code: 'setup-error',
    detail: `This platform cannot make the request${reason}. Check baseUrl and fetch.`,
    isRetryable: false,
  });
  expect(clock.slept).toStrictEqual([]);
});

describe('createGatewayClient', () => {
  it.each([undefined, null, 5, new URL('http://gateway.test/')])('says that %s is no baseUrl', (baseUrl) => {
    expect(() => createGatewayClient({ baseUrl: baseUrl as unknown as string })).toThrow(
      /^baseUrl must be an http/,
    );
  });

  it('says that the platform has no Fetch API, instead of blaming baseUrl', () => {
    vi.stubGlobal('Request', undefined);
    expect(() => createGatewayClient({ baseUrl: server.url })).toThrow(/^This platform has no Fetch API/);
  });
});
