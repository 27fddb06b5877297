import { inspect } from 'node:util';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { createGatewayClient, type GatewayClientOptions } from './create-gateway-client.js';
import { GatewayError } from './gateway-error.js';
import { FakeClock } from './test-support/fake-clock.js';
import {
  answer,
  hangUp,
  INSTANCE,
  ok,
  problem,
  silence,
  useScriptedServer,
} from './test-support/scripted-server.js';

const server = useScriptedServer();

function start(options: Partial<GatewayClientOptions> = {}) {
  const clock = new FakeClock();
  const client = createGatewayClient({ baseUrl: server.url, clock, random: () => 0.5, ...options });
  return { client, clock };
}

/** The error that a call rejects with. */
const failureOf = (call: Promise<unknown>): Promise<GatewayError> =>
  call.then(
    () => expect.unreachable('The call did not fail.'),
    (error: unknown) => error as GatewayError,
  );

const sent = (header: string) => server.requests.map(({ headers }) => headers[header]);

describe('getInstance', () => {
  it('returns the nine members of the instance, frozen', async () => {
    const instance = await start().client.getInstance('abc');
    expect(instance).toStrictEqual(INSTANCE);
    expect(Object.isFrozen(instance)).toBe(true);
    expect(server.requests).toMatchObject([
      { url: '/instances/abc', headers: { accept: 'application/json' } },
    ]);
  });

  it.each([
    ['', '/instances/abc'],
    ['/', '/instances/abc'],
    ['/gateway/v1', '/gateway/v1/instances/abc'],
    ['/gateway/v1//', '/gateway/v1/instances/abc'],
    ['/{id}', '/%7Bid%7D/instances/abc'],
  ])('appends the path to a base URL that ends in "%s"', async (end, path) => {
    await start({ baseUrl: `${server.url}${end}` }).client.getInstance('abc');
    expect(server.requests[0]!.url).toBe(path);
  });

  it.each([
    ['a/../b?c#d', '/instances/a%2F..%2Fb%3Fc%23d'],
    ['...', '/instances/...'],
    ['實例 $&', '/instances/%E5%AF%A6%E4%BE%8B%20%24%26'],
    ['{id}', '/instances/%7Bid%7D'],
  ])('percent-encodes the id %s', async (id, path) => {
    await start().client.getInstance(id);
    expect(server.requests[0]!.url).toBe(path);
  });

  it.each(['', '.', '..', '\ud800', undefined as never])(
    'rejects the id %j, which a URL cannot carry, without a request',
    async (id) => {
      const error = await failureOf(start().client.getInstance(id));
      expect(error).toMatchObject({ code: 'invalid-request', status: null, requestId: null });
      expect(server.requests).toHaveLength(0);
    },
  );

  it('sends the request id with every attempt', async () => {
    server.script = [hangUp, ok()];
    await start().client.getInstance('abc', { requestId: 'mine' });
    expect(sent('x-request-id')).toStrictEqual(['mine', 'mine']);
  });

  it.each(['', 'a b', 'a\r\nb', '實'])('rejects the request id %j without a request', async (requestId) => {
    const error = await failureOf(start().client.getInstance('abc', { requestId }));
    expect(error.code).toBe('invalid-request');
    expect(server.requests).toHaveLength(0);
  });

  it('uses the given fetch', async () => {
    const seen: string[] = [];
    const recordingFetch = (request: Request) => {
      seen.push(request.url);
      return fetch(request);
    };
    await start({ fetch: recordingFetch }).client.getInstance('abc');
    expect(seen).toStrictEqual([`${server.url}/instances/abc`]);
  });

  it('calls the given fetch without an object, as the fetch of a browser must be called', async () => {
    const objects: unknown[] = [];
    const strictFetch = function (this: unknown, request: Request) {
      objects.push(this);
      return fetch(request);
    };
    await start({ fetch: strictFetch }).client.getInstance('abc');
    expect(objects).toStrictEqual([undefined]);
  });

  it("uses the platform's fetch as it is at the time of the request, so that mocks can replace it", async () => {
    const { client } = start();
    vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ ...INSTANCE, ownerName: 'mocked' })));
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(await client.getInstance('abc')).toMatchObject({ ownerName: 'mocked' });
  });
});

describe('createGatewayClient', () => {
  it.each(['gateway', '/gateway', '', 'ftp://x', 'http://', 'http://x/?a', 'http://x/#a'])(
    'rejects the base URL "%s" outside of a page',
    (baseUrl) => {
      expect(() => createGatewayClient({ baseUrl })).toThrow(TypeError);
    },
  );

  it('rejects a base URL with a password without quoting it', () => {
    expect(() => createGatewayClient({ baseUrl: 'http://user:canary@x' })).toThrow(
      /^baseUrl must be (?!.*canary)/,
    );
  });

  it.each([-1, NaN])('rejects maxRemembered: %i', (maxRemembered) => {
    expect(() => createGatewayClient({ baseUrl: 'http://x', maxRemembered })).toThrow(RangeError);
  });

  it.each([-1, NaN])('rejects maxRetryDelayMs: %i', (maxRetryDelayMs) => {
    expect(() => createGatewayClient({ baseUrl: 'http://x', maxRetryDelayMs })).toThrow(RangeError);
  });

  it.each([-1, NaN])('rejects timeoutMs: %i', (timeoutMs) => {
    expect(() => createGatewayClient({ baseUrl: 'http://x', timeoutMs })).toThrow(RangeError);
  });
});

describe('credentials', () => {
  it('sends an API key and an access token in their headers', async () => {
    await start({ apiKey: 'key\n', accessToken: 'token' }).client.getInstance('abc');
    expect(sent('x-api-key')).toStrictEqual(['key']);
    expect(sent('authorization')).toStrictEqual(['Bearer token']);
  });

  it('calls credential functions before every attempt', async () => {
    server.script = [hangUp, ok()];
    let calls = 0;
    const { client } = start({
      apiKey: () => `key-${++calls}`,
      accessToken: () => Promise.resolve(`token-${calls}`),
    });
    await client.getInstance('abc');
    expect(sent('x-api-key')).toStrictEqual(['key-1', 'key-2']);
    expect(sent('authorization')).toStrictEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it.each([undefined, '', () => undefined, () => Promise.resolve('')])(
    'sends no credential if it is undefined or empty',
    async (none) => {
      await start({ apiKey: none, accessToken: none }).client.getInstance('abc');
      expect(server.requests[0]!.headers).not.toHaveProperty('x-api-key');
      expect(server.requests[0]!.headers).not.toHaveProperty('authorization');
    },
  );

  it.each(['apiKey', 'accessToken'])(
    'rejects an %s that a header cannot carry, without quoting it',
    async (name) => {
      const error = await failureOf(start({ [name]: 'canary\ncanary' }).client.getInstance('abc'));
      expect(error).toMatchObject({ code: 'unauthenticated', status: null });
      expect(inspect(error)).not.toContain('canary');
      expect(server.requests).toHaveLength(0);
    },
  );

  it('rejects with the error of a credential function', async () => {
    const failure = new Error('logged out');
    const failing = [
      () => Promise.reject(failure),
      (): string => {
        throw failure;
      },
    ];
    for (const source of failing) {
      expect(await failureOf(start({ accessToken: source }).client.getInstance('abc'))).toBe(failure);
    }
    expect(server.requests).toHaveLength(0);
  });

  it('does not follow a redirect with the credentials', async () => {
    server.script = [answer(302, { location: `${server.url}/elsewhere` })];
    const error = await failureOf(start({ apiKey: 'key' }).client.getInstance('abc'));
    expect(error).toMatchObject({ code: 'unexpected-answer', status: 302 });
    expect(server.requests).toHaveLength(1);
  });
});

describe('GatewayError', () => {
  it('has the members of the problem document', async () => {
    const upstream = { code: 'InternalError', requestId: 'U1', attempts: 3 };
    server.script = [problem(502, { code: 'upstream-error', upstream })];
    const error = await failureOf(start().client.getInstance('abc', { requestId: 'mine' }));
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({
      name: 'GatewayError',
      message: 'Detail.',
      code: 'upstream-error',
      status: 502,
      requestId: 'R1',
      detail: 'Detail.',
      retryAfterMs: null,
      upstream,
    });
  });

  it.each([
    ['an unknown code', { code: 'instance-archived' }, 'Detail.'],
    ['a code that is a property of every object', { code: 'toString' }, 'Detail.'],
    ['no code', {}, 'Detail.'],
    ['no detail', { detail: undefined }, 'Title'],
    ['neither detail nor title', { detail: null, title: 1 }, 'The gateway gives no reason.'],
  ])('is unknown-problem for a problem document with %s', async (_, members, detail) => {
    server.script = [problem(410, members)];
    const error = await failureOf(start().client.getInstance('abc'));
    expect(error).toMatchObject({ code: 'unknown-problem', status: 410, requestId: 'R1', detail });
  });

  it.each([null, 'text', { code: 'X' }, { code: 1, requestId: null, attempts: 1 }])(
    'has no upstream report if the document has one of another shape: %j',
    async (upstream) => {
      server.script = [problem(502, { code: 'upstream-error', upstream })];
      const error = await failureOf(start().client.getInstance('abc'));
      expect(error).toMatchObject({ code: 'upstream-error', upstream: null });
    },
  );

  const HTML = { 'content-type': 'text/html' };
  const PROBLEM = { 'content-type': 'application/problem+json' };
  it.each([
    ["a proxy's page", 502, HTML, '<h1>canary</h1>'],
    ["a proxy's page that says 200", 200, HTML, '<h1>canary</h1>'],
    ['JSON that is not an instance', 200, { 'content-type': 'application/json' }, '{"canary":1}'],
    ['JSON null', 200, { 'content-type': 'application/json' }, 'null'],
    [
      'an error that is not a problem document',
      404,
      { 'content-type': 'application/json' },
      '{"code":"overloaded"}',
    ],
    ['a problem document that is not JSON', 404, PROBLEM, '{canary'],
    ['a problem document that is not an object', 404, PROBLEM, '"canary"'],
    ['a truncated instance', 200, { 'content-type': 'application/json' }, '{"instanceId":"canary"'],
    ['an empty 200', 200, { 'content-length': '0' }, ''],
    ['a 204', 204, {}, ''],
    ['an empty 500', 500, { 'content-length': '0' }, ''],
  ])('is unexpected-answer for %s, and does not quote it', async (_, status, headers, body) => {
    server.script = [answer(status, headers, body)];
    const error = await failureOf(start().client.getInstance('abc'));
    expect(error).toMatchObject({ code: 'unexpected-answer', status, requestId: null, upstream: null });
    expect(inspect(error)).not.toContain('canary');
  });

  it('has a null status for a redirect that a browser hides', async () => {
    const hidden = Object.defineProperty(new Response(), 'status', { value: 0 });
    const opaque = Object.defineProperty(hidden, 'ok', { value: false });
    const error = await failureOf(start({ fetch: () => Promise.resolve(opaque) }).client.getInstance('abc'));
    expect(error).toMatchObject({ code: 'unexpected-answer', status: null });
  });

  it('is network-error with the given request id if there is no answer', async () => {
    server.script = [hangUp];
    const error = await failureOf(start().client.getInstance('abc', { requestId: 'mine' }));
    expect(error).toMatchObject({
      code: 'network-error',
      status: null,
      requestId: 'mine',
      retryAfterMs: null,
    });
    expect(error.detail).toMatch(/\(UND_ERR_SOCKET\)\.$/);
    expect((await failureOf(start().client.getInstance('abc'))).requestId).toBeNull();
  });

  it('is network-error if the connection closes during the answer', async () => {
    server.script = [
      (_, response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('{"instanceId":');
        setTimeout(() => response.destroy(), 20);
      },
    ];
    expect(await failureOf(start().client.getInstance('abc'))).toMatchObject({ code: 'network-error' });
  });

  it.each([
    [
      'an error that contains the request',
      (request: Request) =>
        Promise.reject(
          Object.assign(new Error(request.headers.get('x-api-key')!), { request, code: 'canary' }),
        ),
    ],
    [
      'a value that is not an error',
      (request: Request) => Promise.reject(request.headers.get('x-api-key') as unknown as Error),
    ],
  ])('does not contain the credentials if fetch rejects with %s', async (_, rejecting) => {
    const error = await failureOf(start({ apiKey: 'canary', fetch: rejecting }).client.getInstance('abc'));
    expect(error.code).toBe('network-error');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary');
  });
});

describe('the memory of instances', () => {
  const revalidated = answer(304, { etag: '"1"' });

  it('returns a remembered instance on a 304', async () => {
    server.script = [ok('"1"'), revalidated];
    const { client } = start();
    const first = await client.getInstance('abc');
    expect(await client.getInstance('abc')).toBe(first);
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"']);
  });

  it('replaces a remembered instance by a newer one', async () => {
    server.script = [ok('"1"'), ok('"2"', { ownerName: 'new' }), revalidated];
    const { client } = start();
    await client.getInstance('abc');
    await client.getInstance('abc');
    expect(await client.getInstance('abc')).toMatchObject({ ownerName: 'new' });
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"', '"2"']);
  });

  it('keeps instances with different ids apart', async () => {
    const { client } = start();
    await client.getInstance('abc');
    await client.getInstance('def');
    expect(sent('if-none-match')).toStrictEqual([undefined, undefined]);
  });

  it.each([
    [401, 'unauthenticated'],
    [403, 'forbidden'],
    [404, 'instance-not-found'],
  ])('forgets an instance after a %i', async (status, code) => {
    server.script = [ok(), problem(status, { code }), ok()];
    const { client } = start();
    await client.getInstance('abc');
    expect(await failureOf(client.getInstance('abc'))).toMatchObject({ code });
    await client.getInstance('abc');
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"', undefined]);
  });

  it('keeps an instance after another error', async () => {
    server.script = [ok(), problem(502, { code: 'upstream-error' }), revalidated];
    const { client } = start();
    await client.getInstance('abc');
    await failureOf(client.getInstance('abc'));
    expect(await client.getInstance('abc')).toStrictEqual(INSTANCE);
  });

  it('evicts the least recently used instance', async () => {
    const { client } = start({ maxRemembered: 2 });
    for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) await client.getInstance(id);
    const conditional = sent('if-none-match').map((etag) => etag !== undefined);
    expect(conditional).toStrictEqual([false, false, true, false, true, false]);
  });

  it.each([
    ['if maxRemembered is 0', 0, ok()],
    ['if it has no ETag', 100, answer(200, {}, JSON.stringify(INSTANCE))],
  ])('does not remember an instance %s', async (_, maxRemembered, always) => {
    server.script = [always];
    const { client } = start({ maxRemembered });
    await client.getInstance('abc');
    await client.getInstance('abc');
    expect(sent('if-none-match')).toStrictEqual([undefined, undefined]);
  });

  it('asks once more after a 304 to an unconditional request', async () => {
    server.script = [revalidated, ok()];
    const { client, clock } = start();
    expect(await client.getInstance('abc')).toStrictEqual(INSTANCE);

    server.script = [revalidated];
    const error = await failureOf(start().client.getInstance('abc'));
    expect(error).toMatchObject({ code: 'unexpected-answer', status: 304 });
    expect(sent('if-none-match')).toStrictEqual([undefined, undefined, undefined, undefined]);
    expect(clock.slept).toStrictEqual([]);
  });

  it('returns an instance that was evicted during its revalidation', async () => {
    const { client } = start({ maxRemembered: 1 });
    server.script = [
      ok(),
      (request, response) => {
        void client.getInstance('other').then(() => {
          revalidated(request, response);
        });
      },
      ok('"2"', { instanceId: 'other' }),
    ];
    await client.getInstance('abc');
    expect(await client.getInstance('abc')).toStrictEqual(INSTANCE);
    expect(server.requests.map(({ url }) => url)).toContain('/instances/other');
  });
});

describe('the retry', () => {
  const throttled = (retryAfter?: string) =>
    problem(
      429,
      { code: 'too-many-requests' },
      retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    );

  it.each([
    ['a 429', throttled('2'), 2200],
    ['a 503', problem(503, { code: 'upstream-throttled' }, { 'retry-after': '5' }), 5500],
    ["a proxy's 503", answer(503, { 'retry-after': '1' }, '<h1>503</h1>'), 1100],
    ['a date', throttled('Thu, 01 Jan 2026 00:00:03 GMT'), 3300],
    ['a date in the past', throttled('Wed, 31 Dec 2025 00:00:00 GMT'), 100],
    ['zero seconds', throttled('0'), 100],
    ['a 429 without Retry-After', throttled(), 200],
    ['an invalid Retry-After', throttled('-1'), 200],
    ['a date without a zone', throttled('1 Jan 2027'), 200],
    ['an invalid date that ends with GMT', throttled('soon GMT'), 200],
    ['a lost connection', hangUp, 200],
  ])(
    'is made after %s, with the wait that it asks for or a short one, and jitter',
    async (_, failure, waitMs) => {
      server.script = [failure, ok()];
      const { client, clock } = start();
      expect(await client.getInstance('abc')).toStrictEqual(INSTANCE);
      expect(clock.slept).toStrictEqual([waitMs]);
    },
  );

  it.each([
    ['a lost connection', hangUp, 100, 300],
    ['a Retry-After of 0 seconds', throttled('0'), 0, 200],
    ['a Retry-After of 2 seconds', throttled('2'), 2000, 2400],
    ['a Retry-After of 5 seconds', throttled('5'), 5000, 6000],
    ['a Retry-After just below the limit', throttled('6'), 6000, 6000],
  ])('is spread over time after %s', async (_, failure, leastMs, mostMs) => {
    const waits: number[] = [];
    for (const chance of [0, 1]) {
      server.requests.length = 0;
      server.script = [failure, ok()];
      const { client, clock } = start({ random: () => chance });
      await client.getInstance('abc');
      waits.push(...clock.slept);
    }
    expect(waits).toStrictEqual([leastMs, mostMs]);
  });

  it('is made only once', async () => {
    server.script = [throttled('1')];
    const { client } = start();
    expect(await failureOf(client.getInstance('abc'))).toMatchObject({
      code: 'too-many-requests',
      retryAfterMs: 1000,
    });
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['Retry-After is longer than the default limit', throttled('7'), {}, 7000],
    ['Retry-After is longer than maxRetryDelayMs', throttled('2'), { maxRetryDelayMs: 1999 }, 2000],
    [
      'Retry-After is longer than a timer can be',
      throttled('2147484'),
      { maxRetryDelayMs: Infinity },
      2_147_484_000,
    ],
    ['maxRetryDelayMs is 0', throttled('0'), { maxRetryDelayMs: 0 }, 0],
    ['maxRetryDelayMs is 0 and the connection is lost', hangUp, { maxRetryDelayMs: 0 }, null],
  ])('is not made if %s', async (_, failure, options, retryAfterMs) => {
    server.script = [failure, ok()];
    const { client, clock } = start(options);
    expect(await failureOf(client.getInstance('abc'))).toMatchObject({ retryAfterMs });
    expect(clock.slept).toStrictEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it.each([400, 401, 403, 404, 405, 406, 500, 502, 504])('is not made after a %i', async (status) => {
    server.script = [problem(status, { code: 'x' }, { 'retry-after': '1' })];
    expect(await failureOf(start().client.getInstance('abc'))).toMatchObject({ status, retryAfterMs: 1000 });
    expect(server.requests).toHaveLength(1);
  });

  it('sends If-None-Match again', async () => {
    server.script = [ok(), throttled('1'), answer(304)];
    const { client } = start();
    await client.getInstance('abc');
    expect(await client.getInstance('abc')).toStrictEqual(INSTANCE);
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"', '"1"']);
  });
});

describe('an abort signal', () => {
  const reason = new Error('enough');

  it('rejects before any other check if it is already aborted', async () => {
    const error = await failureOf(start().client.getInstance('..', { signal: AbortSignal.abort(reason) }));
    expect(error).toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    ['the answer', [silence]],
    [
      'the rest of the answer',
      [
        (_: unknown, response: Parameters<typeof silence>[1]) => {
          response.writeHead(200, { 'content-length': '1000' }).write('{');
        },
      ],
    ],
  ])('ends the wait for %s', async (_, script) => {
    server.script = script;
    const controller = new AbortController();
    const call = failureOf(start().client.getInstance('abc', { signal: controller.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(reason);
    expect(await call).toBe(reason);
  });

  it.each([null, 0, ''])('rejects with its reason, even if that is %j', async (unusual) => {
    server.script = [silence];
    const controller = new AbortController();
    const call = failureOf(start().client.getInstance('abc', { signal: controller.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    controller.abort(unusual);
    expect(await call).toBe(unusual);
  });

  it('rejects with a TimeoutError after AbortSignal.timeout', async () => {
    server.script = [silence];
    const error = await failureOf(start().client.getInstance('abc', { signal: AbortSignal.timeout(20) }));
    expect(error).toMatchObject({ name: 'TimeoutError' });
  });

  it('ends the wait for a credential, and no request is sent', async () => {
    const controller = new AbortController();
    const { client } = start({
      accessToken: () => {
        setTimeout(() => {
          controller.abort(reason);
        }, 5);
        return new Promise(() => undefined);
      },
    });
    const call = failureOf(client.getInstance('abc', { signal: controller.signal }));
    expect(await call).toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  it('takes precedence over the error of a credential function that aborts it', async () => {
    const controller = new AbortController();
    const { client } = start({
      apiKey: () => {
        controller.abort(reason);
        return Promise.reject(new Error('late'));
      },
    });
    expect(await failureOf(client.getInstance('abc', { signal: controller.signal }))).toBe(reason);
  });

  it('ends the wait before the retry', async () => {
    server.script = [problem(429, { code: 'too-many-requests' }, { 'retry-after': '5' })];
    const client = createGatewayClient({ baseUrl: server.url });
    const controller = new AbortController();
    const call = failureOf(client.getInstance('abc', { signal: controller.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort(reason);
    expect(await call).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });
});
