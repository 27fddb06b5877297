import { createHash } from 'node:crypto';
import { chmodSync, readFileSync } from 'node:fs';

import { afterAll, afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, startStack, useStack } from '../support/gateway.js';
import { startMeasured } from '../support/measured-gateway.js';

const OTHER_ID = 'af81a389-91f0-4157-8d82-720edd02b66a';
const PATH = `/instances/${SAMPLE_ID}`;

describe('API keys', () => {
  const file = new KeyFile();
  const all = file.add('all', '*');
  const one = file.add('one', OTHER_ID);
  const none = file.add('none');
  const some = file.add('some', 'team-*', '*-shared', 'a*b*c');
  file.write();
  const stack = useStack({ AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path });
  afterAll(() => {
    file.delete();
  });
  const get = (path: string, key?: string) => {
    const request = stack.gateway.http.get(path);
    return key === undefined ? request : request.set('x-api-key', key);
  };

  it('give access with a valid key, and the answer is Cache-Control: private', async () => {
    const { status, headers, body } = await get(PATH, all);
    expect(status).toBe(200);
    expect(body).toMatchObject({ instanceId: SAMPLE_ID });
    expect(headers['cache-control']).toBe(
      'private, max-age=5, stale-while-revalidate=30, stale-if-error=300',
    );
    expect(headers['vary']).toBe('X-API-Key');
  });

  it.each([
    ['no key', {}],
    ['an unknown key', { 'x-api-key': 'x'.repeat(32) }],
    ['an empty key', { 'x-api-key': '' }],
    ['the hash of a valid key', { 'x-api-key': 'HASH' }],
    ['a valid key twice in one header', { 'x-api-key': 'TWICE' }],
    ['a valid key in upper case', { 'x-api-key': 'UPPER' }],
    ['a valid key as a bearer token', { authorization: 'BEARER' }],
    ['a valid key as a Basic password', { authorization: 'BASIC' }],
  ])('cause 401 without an upstream call for a request with %s', async (_, headers) => {
    const { sha256 } = (JSON.parse(readFileSync(file.path, 'utf8')) as { sha256: string }[])[0]!;
    const forms: Record<string, string> = {
      HASH: sha256,
      TWICE: `${all}, ${all}`,
      UPPER: all.toUpperCase(),
      BEARER: `Bearer ${all}`,
      BASIC: `Basic ${Buffer.from(`all:${all}`).toString('base64')}`,
    };
    const sent = Object.entries(headers).map(([name, value]) => [name, forms[value] ?? value]);
    const response = await get(PATH).set(Object.fromEntries(sent));
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe(
      'ApiKey realm="outboundbot-gateway", header="X-API-Key"',
    );
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.body).toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(stack.emulator.calls.count()).toBe(0);
  });

  it('are not accepted in the query', async () => {
    expect((await get(`${PATH}?x-api-key=${all}&api_key=${all}`)).status).toBe(401);
  });

  it('cause 401 for a missing key before the id or Accept header is checked', async () => {
    expect((await get('/instances/not..valid')).status).toBe(401);
    expect((await get(PATH).set('accept', 'text/html')).status).toBe(401);
  });

  it('cause 400 for a malformed id with any valid key', async () => {
    for (const key of [all, one, none]) expect((await get('/instances/not..valid', key)).status).toBe(400);
  });

  describe('that are limited to some instances', () => {
    it('cause 403 for another instance, even if it is cached, and for If-None-Match and HEAD', async () => {
      const { headers } = await get(PATH, all);
      const etag = headers['etag']!;
      expect((await get(PATH, all).set('if-none-match', etag)).status).toBe(304);
      const calls = stack.emulator.calls.count();

      for (const answer of [
        await get(PATH, one),
        await get(PATH, one).set('if-none-match', etag),
        await get(PATH, one).set('if-none-match', '*'),
        await stack.gateway.http.head(PATH).set('x-api-key', one),
        await stack.gateway.http.head(PATH).set('x-api-key', one).set('if-none-match', etag),
      ]) {
        expect(answer.status).toBe(403);
        expect(answer.headers).not.toHaveProperty('etag');
        expect(answer.headers['cache-control']).toBe('no-store');
      }
      expect((await get(PATH, one)).body).toMatchObject({ code: 'forbidden', status: 403 });
      expect(stack.emulator.calls.count()).toBe(calls);
      expect((await get(`/instances/${OTHER_ID}`, one)).status).toBe(200);
    });

    it('cause the same 403 whether the other instance exists or not', async () => {
      const answers = [await get(PATH, one), await get('/instances/no-such-one', one)];
      const [known, unknown] = answers.map(({ body }) => {
        const { instance, requestId, ...rest } = body as Record<string, unknown>;
        expect([instance, requestId]).not.toContain(undefined);
        return rest;
      });
      expect(known).toStrictEqual(unknown);
    });

    it.each([
      ['team-1', 200],
      ['team-', 200],
      ['is-shared', 200],
      ['abc', 200],
      ['a-b-b-c', 200],
      ['team', 403],
      ['my-team-1', 403],
      ['acb', 403],
      [SAMPLE_ID, 403],
    ])('are checked against their patterns: the id %s is answered %i', async (id, status) => {
      stack.emulator.instances.put({ InstanceId: id });
      expect((await get(`/instances/${id}`, some)).status).toBe(status);
    });
  });

  it.each([
    '/',
    '/docs',
    '/docs/start.js',
    '/docs/swagger-ui.css',
    '/openapi.json',
    '/openapi.yaml',
    '/problems',
    '/problems/forbidden',
    '/health/live',
    '/health/ready',
  ])('are not needed for %s', async (path) => {
    expect((await get(path).redirects(0)).status).toBeLessThan(400);
  });

  it('are not needed for the 404, 405 and OPTIONS answers of the router', async () => {
    expect((await get('/nope')).status).toBe(404);
    expect((await stack.gateway.http.post(PATH)).status).toBe(405);
    expect((await stack.gateway.http.options(PATH)).status).toBe(204);
  });

  it('appear in the log by name only', async () => {
    await get(PATH, one).set('x-request-id', 'known');
    await get(PATH, 'wrong-canary').set('x-request-id', 'unknown');
    await expect
      .poll(() => stack.gateway.requestLog().find(({ requestId }) => requestId === 'unknown'))
      .toBeDefined();
    const line = (id: string) => stack.gateway.requestLog().find(({ requestId }) => requestId === id);
    expect(line('known')).toMatchObject({ caller: 'key:one', status: 403, level: 'info' });
    expect(line('unknown')).toMatchObject({ problem: 'unauthenticated', level: 'info' });
    const log = stack.gateway.logLines.join('');
    for (const secret of [all, one, none, some, 'canary']) expect(log).not.toContain(secret);
  });
});

describe('AUTH_API_KEYS_FILE', () => {
  let file: KeyFile;
  let stack: Awaited<ReturnType<typeof startStack>>;
  let first: string;
  beforeEach(async () => {
    file = new KeyFile();
    first = file.add('first', '*');
    file.write();
    stack = await startStack({ AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path });
  });
  afterEach(async () => {
    await stack.close();
    file.delete();
  });
  const statusWith = async (key: string) => (await stack.gateway.http.get(PATH).set('x-api-key', key)).status;
  /** The gateway checks the file every second. */
  const letFileCheckPass = (): void => {
    stack.gateway.clock.advance(1000);
  };
  const logged = (msg: string) =>
    stack.gateway.logLines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['msg'] === msg);

  it('is reloaded when it changes, so that keys are added and removed without a restart', async () => {
    expect(await statusWith(first)).toBe(200);
    const second = file.add('second', '*');
    expect(await statusWith(second)).toBe(401);
    file.write();
    letFileCheckPass();
    await expect.poll(() => statusWith(second)).toBe(200);
    file.remove('first');
    file.write();
    letFileCheckPass();
    await expect.poll(() => statusWith(first)).toBe(401);
    expect(logged('API keys reloaded')).toHaveLength(2);
  });

  it('keeps its last valid keys while it is invalid or missing, and each reason is logged once', async () => {
    file.write('[{"name": "canary", ');
    letFileCheckPass();
    await expect.poll(() => logged('API keys not reloaded, those from before still count').length).toBe(1);
    expect(await statusWith(first)).toBe(200);
    file.delete();
    letFileCheckPass();
    await expect.poll(() => logged('API keys not reloaded, those from before still count').length).toBe(2);
    expect(await statusWith(first)).toBe(200);
    expect(stack.gateway.logLines.join('')).not.toContain('canary');
  });

  it('rejects every key after it has become an empty list', async () => {
    file.write('[]');
    letFileCheckPass();
    await expect.poll(() => statusWith(first)).toBe(401);
  });
});

describe('an entry of the key file', () => {
  const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
  const entry = (name: string, members: object = {}) => ({
    name,
    sha256: sha256(name),
    instances: ['*'],
    ...members,
  });
  /** Starts a gateway whose key file has these entries. The key of an entry is its name. */
  async function startWith(entries: object[], variables: Record<string, string> = {}) {
    const file = new KeyFile();
    file.write(JSON.stringify(entries));
    const { stack, value } = await startMeasured({
      AUTH_MODE: 'api-key',
      AUTH_API_KEYS_FILE: file.path,
      ...variables,
    });
    onTestFinished(async () => {
      await stack.close();
      file.delete();
    });
    const get = (key: string) => stack.gateway.http.get(PATH).set('x-api-key', key);
    return { file, gateway: stack.gateway, emulator: stack.emulator, get, value };
  }
  const logged = (logLines: readonly string[], msg: string) =>
    logLines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line['msg'] === msg);

  it('may have several keys, which share one rate limit', async () => {
    const { get } = await startWith([entry('web', { sha256: [sha256('old'), sha256('new')] })], {
      RATE_LIMIT_REQUESTS: '3',
      RATE_LIMIT_WINDOW_S: '60',
    });
    const statuses: number[] = [];
    for (const key of ['old', 'new', 'old', 'new']) statuses.push((await get(key)).status);
    expect(statuses).toStrictEqual([200, 200, 200, 429]);
  });

  it('is answered 401 without an upstream call from its expiresAt on, and the detail says so', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const { get, gateway, emulator } = await startWith([entry('web', { expiresAt })]);
    expect((await get('web')).status).toBe(200);
    gateway.clock.advance(3_600_000);
    const calls = emulator.calls.count();
    const { status, headers, body } = await get('web');
    expect(status).toBe(401);
    expect(body).toMatchObject({ code: 'unauthenticated', detail: 'The API key has expired.' });
    expect(headers['www-authenticate']).toBe('ApiKey realm="outboundbot-gateway", header="X-API-Key"');
    expect(emulator.calls.count()).toBe(calls);
  });

  it('counts for the address once it has expired, as every wrong key does', async () => {
    const { get } = await startWith([entry('old', { expiresAt: '2020-01-01T00:00:00Z' }), entry('web')], {
      RATE_LIMIT_REQUESTS: '2',
      RATE_LIMIT_WINDOW_S: '60',
    });
    expect((await get('old')).status).toBe(401);
    expect((await get('guess')).status).toBe(401);
    expect((await get('old')).status).toBe(429);
    expect((await get('web')).status).toBe(200);
  });

  it('is named in the log at start if it has expired or will expire within 14 days', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const { gateway } = await startWith([entry('soon', { expiresAt }), entry('never')]);
    expect(logged(gateway.logLines, 'API keys have expired or will expire within 14 days')).toStrictEqual([
      expect.objectContaining({ level: 'warn', count: 1, keys: [{ name: 'soon', expiresAt }] }),
    ]);
  });

  it('may have a rate limit of its own in place of the general one, or none', async () => {
    const { get } = await startWith(
      [
        entry('less', { rateLimit: { requests: 1, windowS: 30 } }),
        entry('also less', { rateLimit: { requests: 1, windowS: 30 } }),
        entry('more', { rateLimit: { requests: 4, windowS: 60 } }),
        entry('unlimited', { rateLimit: { requests: 0, windowS: 1 } }),
        entry('web'),
      ],
      { RATE_LIMIT_REQUESTS: '2', RATE_LIMIT_WINDOW_S: '60' },
    );
    const statuses = async (key: string) => {
      const list: number[] = [];
      for (let n = 0; n < 5; n += 1) list.push((await get(key)).status);
      return list;
    };
    expect(await statuses('less')).toStrictEqual([200, 429, 429, 429, 429]);
    expect(await statuses('also less')).toStrictEqual([200, 429, 429, 429, 429]);
    expect(await statuses('more')).toStrictEqual([200, 200, 200, 200, 429]);
    expect(await statuses('unlimited')).toStrictEqual([200, 200, 200, 200, 200]);
    expect(await statuses('web')).toStrictEqual([200, 200, 429, 429, 429]);
    expect((await get('less')).headers['ratelimit-policy']).toBe('"caller";q=1;w=30');
    expect((await get('more')).headers['ratelimit-policy']).toBe('"caller";q=4;w=60');
    expect((await get('web')).headers['ratelimit-policy']).toBe('"caller";q=2;w=60');
    expect((await get('unlimited')).headers).not.toHaveProperty('ratelimit-policy');
  });

  it('keeps its rate limit while RATE_LIMIT_REQUESTS=0 turns the general one off, and after a reload', async () => {
    const limited = entry('less', { rateLimit: { requests: 1, windowS: 60 } });
    const { get, file, gateway, value } = await startWith([limited], { RATE_LIMIT_REQUESTS: '0' });
    expect((await get('less')).status).toBe(200);
    file.write(JSON.stringify([limited, entry('web')]));
    gateway.clock.advance(1000);
    await expect.poll(() => value('reloads_total{what="api-keys",outcome="ok"}')).toBe(1);
    expect((await get('less')).status).toBe(429);
    for (let n = 0; n < 3; n += 1) expect((await get('web')).status).toBe(200);
  });

  it('does not exist in a file without an entry, and the log warns at start', async () => {
    const { get, gateway } = await startWith([]);
    expect(logged(gateway.logLines, 'setting warning')).toMatchObject([
      { level: 'warn', setting: 'AUTH_API_KEYS_FILE', hint: expect.stringContaining('no entry') },
    ]);
    expect((await get('web')).status).toBe(401);
  });

  it('cannot be that of an empty key', async () => {
    const file = new KeyFile();
    file.write(JSON.stringify([entry('web', { sha256: sha256('') })]));
    await expect(startStack({ AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path })).rejects.toThrow(
      'entry 1: sha256 must not be the SHA-256 of an empty key',
    );
    file.delete();
  });

  it('takes effect or not as reloads_total says: each reload, and each failed check', async () => {
    const { file, gateway, value } = await startWith([entry('web')]);
    const series = (what: string, outcome: string) =>
      value(`reloads_total{what="${what}",outcome="${outcome}"}`);
    for (const what of ['api-keys', 'provider-keys', 'credentials']) {
      for (const outcome of ['ok', 'error']) expect(await series(what, outcome)).toBe(0);
    }
    file.write(JSON.stringify([entry('web'), entry('batch')]));
    gateway.clock.advance(1000);
    await expect.poll(() => series('api-keys', 'ok')).toBe(1);
    file.write('[');
    for (const failures of [1, 2]) {
      gateway.clock.advance(1000);
      await expect.poll(() => series('api-keys', 'error')).toBe(failures);
    }
    expect(await series('api-keys', 'ok')).toBe(1);
  });

  it('is in use although every user may read the file, and the log warns', async () => {
    const { file, gateway, get } = await startWith([entry('web')]);
    chmodSync(file.path, 0o644);
    gateway.clock.advance(1000);
    await expect
      .poll(() => logged(gateway.logLines, 'AUTH_API_KEYS_FILE has unsafe permissions').length)
      .toBe(1);
    expect((await get('web')).status).toBe(200);
  });
});
