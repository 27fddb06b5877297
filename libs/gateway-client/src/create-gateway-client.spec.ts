import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { createGatewayClient, type GatewayClientOptions } from './create-gateway-client.js';
import { GatewayError } from './gateway-error.js';
import { FakeClock } from './testing/fake-clock.js';
import {
  answer,
  hangUp,
  INSTANCE,
  ok,
  problem,
  silence,
  useScriptedServer,
} from './testing/scripted-server.js';

const server = useScriptedServer();

function start(options: Partial<GatewayClientOptions> = {}) {
  const clock = new FakeClock();
  const client = createGatewayClient({ baseUrl: server.url, clock, random: () => 0.5, ...options });
  return { client, clock };
}

/** What reading rejects with. */
const failureOf = (reading: Promise<unknown>): Promise<GatewayError> =>
  reading.then(
    () => expect.unreachable('It did not fail.'),
    (error: unknown) => error as GatewayError,
  );

const sent = (header: string) => server.requests.map(({ headers }) => headers[header]);

describe('reading an instance', () => {
  it('gives its nine members, which nobody can change', async () => {
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
  ])('appends its path to a base URL that ends in "%s"', async (end, path) => {
    await start({ baseUrl: `${server.url}${end}` }).client.getInstance('abc');
    expect(server.requests[0]!.url).toBe(path);
  });

  it.each([
    ['a/../b?c#d', '/instances/a%2F..%2Fb%3Fc%23d'],
    ['...', '/instances/...'],
    ['實例 $&', '/instances/%E5%AF%A6%E4%BE%8B%20%24%26'],
    ['{id}', '/instances/%7Bid%7D'],
  ])('encodes the id %s', async (id, path) => {
    await start().client.getInstance(id);
    expect(server.requests[0]!.url).toBe(path);
  });

  it.each(['', '.', '..', '\ud800', undefined as never])(
    'refuses the id %j, as no URL can name it',
    async (id) => {
      const error = await failureOf(start().client.getInstance(id));
      expect(error).toMatchObject({ code: 'invalid-request', status: null, requestId: null });
      expect(server.requests).toHaveLength(0);
    },
  );

  it('sends the request id, for the retry too', async () => {
    server.script = [hangUp, ok()];
    await start().client.getInstance('abc', { requestId: 'mine' });
    expect(sent('x-request-id')).toStrictEqual(['mine', 'mine']);
  });

  it.each(['', 'a b', 'a\r\nb', '實'])('refuses the request id %j', async (requestId) => {
    const error = await failureOf(start().client.getInstance('abc', { requestId }));
    expect(error.code).toBe('invalid-request');
    expect(server.requests).toHaveLength(0);
  });

  it('goes through the fetch that it is given', async () => {
    const seen: string[] = [];
    const fetchAndTell = (request: Request) => {
      seen.push(request.url);
      return fetch(request);
    };
    await start({ fetch: fetchAndTell }).client.getInstance('abc');
    expect(seen).toStrictEqual([`${server.url}/instances/abc`]);
  });

  it.each([
    ['keeps clear of the HTTP cache of a browser while it remembers', 1, 'no-store'],
    ['leaves the HTTP cache of a browser to work if it does not', 0, 'default'],
  ])('%s', async (_, maxRemembered, expected) => {
    const modes: string[] = [];
    const fetchAndTell = (request: Request) => {
      modes.push(request.cache);
      return fetch(request);
    };
    await start({ fetch: fetchAndTell, maxRemembered }).client.getInstance('abc');
    expect(modes).toStrictEqual([expected]);
  });
});

describe('options that cannot be meant', () => {
  it.each(['gateway', '/gateway', '', 'ftp://x', 'http://', 'http://x/?a', 'http://x/#a'])(
    'the base URL "%s", where there is no page',
    (baseUrl) => {
      expect(() => createGatewayClient({ baseUrl })).toThrow(TypeError);
    },
  );

  it('a base URL with a password, which is not repeated', () => {
    expect(() => createGatewayClient({ baseUrl: 'http://user:canary@x' })).toThrow(
      /^baseUrl must be (?!.*canary)/,
    );
  });

  it.each([-1, NaN])('a memory of %i', (maxRemembered) => {
    expect(() => createGatewayClient({ baseUrl: 'http://x', maxRemembered })).toThrow(RangeError);
  });

  it.each([-1, NaN])('a wait of %i', (maxRetryDelayMs) => {
    expect(() => createGatewayClient({ baseUrl: 'http://x', maxRetryDelayMs })).toThrow(RangeError);
  });
});

describe('credentials', () => {
  it('go into their headers', async () => {
    await start({ apiKey: 'key\n', accessToken: 'token' }).client.getInstance('abc');
    expect(sent('x-api-key')).toStrictEqual(['key']);
    expect(sent('authorization')).toStrictEqual(['Bearer token']);
  });

  it('are asked for again before each attempt', async () => {
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
    'are left out if there are none',
    async (none) => {
      await start({ apiKey: none, accessToken: none }).client.getInstance('abc');
      expect(server.requests[0]!.headers).not.toHaveProperty('x-api-key');
      expect(server.requests[0]!.headers).not.toHaveProperty('authorization');
    },
  );

  it.each(['apiKey', 'accessToken'])('that cannot be sent are refused, not repeated: %s', async (name) => {
    const error = await failureOf(start({ [name]: 'canary\ncanary' }).client.getInstance('abc'));
    expect(error).toMatchObject({ code: 'unauthenticated', status: null });
    expect(inspect(error)).not.toContain('canary');
    expect(server.requests).toHaveLength(0);
  });

  it('that cannot be had end the reading with what their source throws', async () => {
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

  it('do not follow a redirect', async () => {
    server.script = [answer(302, { location: `${server.url}/elsewhere` })];
    const error = await failureOf(start({ apiKey: 'key' }).client.getInstance('abc'));
    expect(error).toMatchObject({ code: 'unexpected-answer', status: 302 });
    expect(server.requests).toHaveLength(1);
  });
});

describe('an error', () => {
  it('has all that the problem document says', async () => {
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
    ['code that is not known yet', { code: 'instance-archived' }, 'Detail.'],
    ['code that an object has anyway', { code: 'toString' }, 'Detail.'],
    ['code missing', {}, 'Detail.'],
    ['detail missing', { detail: undefined }, 'Title'],
    ['detail and title missing', { detail: null, title: 1 }, 'The gateway does not say what is wrong.'],
  ])('says so of a problem document with its %s', async (_, members, detail) => {
    server.script = [problem(410, members)];
    const error = await failureOf(start().client.getInstance('abc'));
    expect(error).toMatchObject({ code: 'unknown-problem', status: 410, requestId: 'R1', detail });
  });

  it.each([null, 'text', { code: 'X' }, { code: 1, requestId: null, attempts: 1 }])(
    'leaves out an upstream report of another shape: %j',
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
    ['JSON of something else', 200, { 'content-type': 'application/json' }, '{"canary":1}'],
    ['JSON without members', 200, { 'content-type': 'application/json' }, 'null'],
    ['an error of something else', 404, { 'content-type': 'application/json' }, '{"code":"overloaded"}'],
    ['a problem document that is no JSON', 404, PROBLEM, '{canary'],
    ['a problem document that is no object', 404, PROBLEM, '"canary"'],
    ['an instance cut short', 200, { 'content-type': 'application/json' }, '{"instanceId":"canary"'],
    ['nothing', 200, { 'content-length': '0' }, ''],
    ['no content', 204, {}, ''],
    ['nothing that is wrong', 500, { 'content-length': '0' }, ''],
  ])('is unexpected-answer for %s, and repeats none of it', async (_, status, headers, body) => {
    server.script = [answer(status, headers, body)];
    const error = await failureOf(start().client.getInstance('abc'));
    expect(error).toMatchObject({ code: 'unexpected-answer', status, requestId: null, upstream: null });
    expect(inspect(error)).not.toContain('canary');
  });

  it('has no status for a redirect that a browser hides', async () => {
    const hidden = Object.defineProperty(new Response(), 'status', { value: 0 });
    const opaque = Object.defineProperty(hidden, 'ok', { value: false });
    const error = await failureOf(start({ fetch: () => Promise.resolve(opaque) }).client.getInstance('abc'));
    expect(error).toMatchObject({ code: 'unexpected-answer', status: null });
  });

  it('is network-error without an answer, under the id that was sent', async () => {
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

  it('is network-error when the answer breaks off', async () => {
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
      'an error that holds them',
      (request: Request) =>
        Promise.reject(
          Object.assign(new Error(request.headers.get('x-api-key')!), { request, code: 'canary' }),
        ),
    ],
    [
      'something else',
      (request: Request) => Promise.reject(request.headers.get('x-api-key') as unknown as Error),
    ],
  ])('has no credentials in it when fetch rejects with %s', async (_, rejecting) => {
    const error = await failureOf(start({ apiKey: 'canary', fetch: rejecting }).client.getInstance('abc'));
    expect(error.code).toBe('network-error');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary');
  });
});

describe('remembered instances', () => {
  const revalidated = answer(304, { etag: '"1"' });

  it('are given again on a 304', async () => {
    server.script = [ok('"1"'), revalidated];
    const { client } = start();
    const first = await client.getInstance('abc');
    expect(await client.getInstance('abc')).toBe(first);
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"']);
  });

  it('are replaced by newer ones', async () => {
    server.script = [ok('"1"'), ok('"2"', { ownerName: 'new' }), revalidated];
    const { client } = start();
    await client.getInstance('abc');
    await client.getInstance('abc');
    expect(await client.getInstance('abc')).toMatchObject({ ownerName: 'new' });
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"', '"2"']);
  });

  it('are told apart by id', async () => {
    const { client } = start();
    await client.getInstance('abc');
    await client.getInstance('def');
    expect(sent('if-none-match')).toStrictEqual([undefined, undefined]);
  });

  it.each([
    [401, 'unauthenticated'],
    [403, 'forbidden'],
    [404, 'instance-not-found'],
  ])('are forgotten after a %i', async (status, code) => {
    server.script = [ok(), problem(status, { code }), ok()];
    const { client } = start();
    await client.getInstance('abc');
    expect(await failureOf(client.getInstance('abc'))).toMatchObject({ code });
    await client.getInstance('abc');
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"', undefined]);
  });

  it('outlast other errors', async () => {
    server.script = [ok(), problem(502, { code: 'upstream-error' }), revalidated];
    const { client } = start();
    await client.getInstance('abc');
    await failureOf(client.getInstance('abc'));
    expect(await client.getInstance('abc')).toStrictEqual(INSTANCE);
  });

  it('make way, those first that nobody asked for the longest', async () => {
    const { client } = start({ maxRemembered: 2 });
    for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) await client.getInstance(id);
    const conditional = sent('if-none-match').map((etag) => etag !== undefined);
    expect(conditional).toStrictEqual([false, false, true, false, true, false]);
  });

  it.each([
    ['if that is switched off', 0, ok()],
    ['without an ETag', 100, answer(200, {}, JSON.stringify(INSTANCE))],
  ])('are none %s', async (_, maxRemembered, always) => {
    server.script = [always];
    const { client } = start({ maxRemembered });
    await client.getInstance('abc');
    await client.getInstance('abc');
    expect(sent('if-none-match')).toStrictEqual([undefined, undefined]);
  });

  it('are not needed for a 304 that nobody asked for: it is asked again, once', async () => {
    server.script = [revalidated, ok()];
    const { client, clock } = start();
    expect(await client.getInstance('abc')).toStrictEqual(INSTANCE);

    server.script = [revalidated];
    const error = await failureOf(start().client.getInstance('abc'));
    expect(error).toMatchObject({ code: 'unexpected-answer', status: 304 });
    expect(sent('if-none-match')).toStrictEqual([undefined, undefined, undefined, undefined]);
    expect(clock.slept).toStrictEqual([]);
  });

  it('survive being forgotten while they are asked for', async () => {
    server.script = [ok(), revalidated];
    const { client } = start({ maxRemembered: 1 });
    await client.getInstance('abc');
    const [again] = await Promise.all([client.getInstance('abc'), client.getInstance('abc')]);
    expect(again).toStrictEqual(INSTANCE);
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
    ['a 429', throttled('2'), 2000],
    ['a 503', problem(503, { code: 'upstream-throttled' }, { 'retry-after': '5' }), 5000],
    ["a proxy's 503", answer(503, { 'retry-after': '1' }, '<h1>503</h1>'), 1000],
    ['a date', throttled('Thu, 01 Jan 2026 00:00:03 GMT'), 3000],
    ['a date that is over', throttled('Wed, 31 Dec 2025 00:00:00 GMT'), 0],
    ['no time', throttled('0'), 0],
    ['a 429 that does not say when', throttled(), 200],
    ['nonsense', throttled('-1'), 200],
    ['a date without a zone', throttled('1 Jan 2027'), 200],
    ['nonsense that ends as a date', throttled('soon GMT'), 200],
    ['a lost connection', hangUp, 200],
  ])('comes after %s, as long as it says or a short while', async (_, failure, waitMs) => {
    server.script = [failure, ok()];
    const { client, clock } = start();
    expect(await client.getInstance('abc')).toStrictEqual(INSTANCE);
    expect(clock.slept).toStrictEqual([waitMs]);
  });

  it.each([
    [0, 100],
    [1, 300],
  ])('is spread out after a lost connection', async (chance, waitMs) => {
    server.script = [hangUp, ok()];
    const { client, clock } = start({ random: () => chance });
    await client.getInstance('abc');
    expect(clock.slept).toStrictEqual([waitMs]);
  });

  it('is the only one', async () => {
    server.script = [throttled('1')];
    const { client } = start();
    expect(await failureOf(client.getInstance('abc'))).toMatchObject({
      code: 'too-many-requests',
      retryAfterMs: 1000,
    });
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['the wait would be too long', throttled('6'), {}, 6000],
    ['the wait is longer than asked for', throttled('2'), { maxRetryDelayMs: 1999 }, 2000],
    [
      'the wait is longer than a timer can be',
      throttled('2147484'),
      { maxRetryDelayMs: Infinity },
      2_147_484_000,
    ],
    ['it is switched off', throttled('0'), { maxRetryDelayMs: 0 }, 0],
    ['it is switched off, and the connection lost', hangUp, { maxRetryDelayMs: 0 }, null],
  ])('does not come if %s', async (_, failure, options, retryAfterMs) => {
    server.script = [failure, ok()];
    const { client, clock } = start(options);
    expect(await failureOf(client.getInstance('abc'))).toMatchObject({ retryAfterMs });
    expect(clock.slept).toStrictEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it.each([400, 401, 403, 404, 405, 406, 500, 502, 504])('does not come after a %i', async (status) => {
    server.script = [problem(status, { code: 'x' }, { 'retry-after': '1' })];
    expect(await failureOf(start().client.getInstance('abc'))).toMatchObject({ status, retryAfterMs: 1000 });
    expect(server.requests).toHaveLength(1);
  });

  it('asks with If-None-Match as well', async () => {
    server.script = [ok(), throttled('1'), answer(304)];
    const { client } = start();
    await client.getInstance('abc');
    expect(await client.getInstance('abc')).toStrictEqual(INSTANCE);
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"', '"1"']);
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  it('comes before anything else', async () => {
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
    const reading = failureOf(start().client.getInstance('abc', { signal: controller.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(reason);
    expect(await reading).toBe(reason);
  });

  it.each([null, 0, ''])('may have any reason, such as %j', async (odd) => {
    server.script = [silence];
    const controller = new AbortController();
    const reading = failureOf(start().client.getInstance('abc', { signal: controller.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    controller.abort(odd);
    expect(await reading).toBe(odd);
  });

  it('has a TimeoutError for a reason after a time-out', async () => {
    server.script = [silence];
    const error = await failureOf(start().client.getInstance('abc', { signal: AbortSignal.timeout(20) }));
    expect(error).toMatchObject({ name: 'TimeoutError' });
  });

  it('ends the wait for a credential, and nothing is sent', async () => {
    const controller = new AbortController();
    const { client } = start({
      accessToken: () => {
        setTimeout(() => {
          controller.abort(reason);
        }, 5);
        return new Promise(() => undefined);
      },
    });
    const reading = failureOf(client.getInstance('abc', { signal: controller.signal }));
    expect(await reading).toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  it('by a credential source itself counts too, even if that fails then', async () => {
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
    const reading = failureOf(client.getInstance('abc', { signal: controller.signal }));
    await expect.poll(() => server.requests.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort(reason);
    expect(await reading).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });
});
