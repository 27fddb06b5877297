import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, startStack, UNCACHED, useStack } from '../support/gateway.js';
import { sendRaw } from '../support/raw-http.js';
import { freePort } from '../support/redis-server.js';

type Stack = Awaited<ReturnType<typeof startStack>>;

describe('the request log', () => {
  const stack = useStack(UNCACHED);
  beforeEach(() => {
    stack.gateway.logLines.length = 0;
  });

  async function lines(count: number): Promise<Record<string, unknown>[]> {
    await expect.poll(() => stack.gateway.requestLog().length).toBe(count);
    return stack.gateway.requestLog();
  }

  it('has one line for each request, with its upstream calls', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', times: 1 });
    await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).set('x-request-id', 'mine').expect(200);
    const calls = stack.emulator.calls.list();
    expect(await lines(1)).toStrictEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        msg: 'request',
        requestId: 'mine',
        method: 'GET',
        route: '/instances/:id',
        status: 200,
        durationMs: expect.any(Number),
        cache: 'outboundbot-gateway; fwd=miss',
        upstream: [
          { outcome: 'failed', code: 'InternalError', requestId: calls[0]?.requestId },
          { outcome: 'success', requestId: calls[1]?.requestId },
        ],
      },
    ]);
  });

  it.each([
    ['InternalError', 'warn', 502, 'upstream-error'],
    ['Throttling.User', 'warn', 503, 'upstream-throttled'],
    ['Forbidden.RAM', 'error', 502, 'upstream-refused'],
    ['NotExist.Instance', 'info', 404, 'instance-not-found'],
  ])('writes the line of a request that fails with %s at level %s', async (code, level, status, problem) => {
    stack.emulator.faults.add({ kind: 'error', code });
    await stack.gateway.http.get('/instances/a').expect(status);
    expect(await lines(1)).toMatchObject([{ level, status, problem }]);
  });

  it('has a line for unknown routes, malformed URLs and malformed HTTP', async () => {
    await stack.gateway.http.get('/canary').expect(404);
    await stack.gateway.http.get('/instances/a.b').expect(400);
    await sendRaw(stack.gateway.url, 'GET /%canary HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await sendRaw(stack.gateway.url, 'CANARY\r\n\r\n');
    expect(await lines(4)).toMatchObject([
      { method: 'GET', route: null, status: 404, problem: 'route-not-found' },
      { method: 'GET', route: '/instances/:id', status: 400, problem: 'invalid-request' },
      { method: 'GET', route: null, status: 400, problem: 'invalid-request' },
      { method: null, route: null, status: 400, problem: 'invalid-request' },
    ]);
  });

  it('marks a request as aborted when the client disconnected before the answer', async () => {
    stack.emulator.faults.add({ kind: 'latency', ms: 100 });
    const caller = new AbortController();
    const request = fetch(`${stack.gateway.url}/instances/${SAMPLE_ID}`, { signal: caller.signal });
    await expect.poll(() => stack.emulator.calls.count()).toBe(1);
    caller.abort();
    await expect(request).rejects.toThrow();
    expect(await lines(1)).toMatchObject([{ aborted: true }]);
  });
});

describe('the request log of refused requests', () => {
  const file = new KeyFile();
  const key = file.add('web', 'allowed');
  file.write();
  let stack: Stack;
  beforeEach(async () => {
    stack = await startStack({
      AUTH_MODE: 'api-key',
      AUTH_API_KEYS_FILE: file.path,
      RATE_LIMIT_REQUESTS: '5',
      RATE_LIMIT_WINDOW_S: '60',
      TRUST_PROXY: '127.0.0.1',
    });
  });
  afterEach(() => stack.close());
  afterAll(() => {
    file.delete();
  });
  const get = (path: string, headers: Record<string, string>, address = '2001:db8::a:b:c') =>
    stack.gateway.http.get(path).set({ 'x-forwarded-for': address, ...headers });

  it('names the instance in the line of a 403, and the address in that of a 401 and a 429', async () => {
    await get('/instances/allowed', { 'x-api-key': key }).expect(404);
    await get('/instances/secret', { 'x-api-key': key }).expect(403);
    await get('/instances/guessed', { 'x-api-key': 'wrong' }).expect(401);
    await get('/instances/guessed', {}, '::ffff:192.0.2.1').expect(401);
    for (let n = 0; n < 3; n += 1) await get('/instances/not..valid', { 'x-api-key': key }).expect(400);
    await get('/instances/allowed', { 'x-api-key': key }).expect(429);
    await expect.poll(() => stack.gateway.requestLog().length).toBe(8);
    const audited = stack.gateway.requestLog().map(({ status, caller, address, instance }) => {
      return { status, caller, address, instance };
    });
    const line = (status: number, more = {}) => {
      return { status, caller: 'key:web', address: undefined, instance: undefined, ...more };
    };
    expect(audited).toStrictEqual([
      line(404),
      line(403, { instance: 'secret' }),
      line(401, { caller: undefined, address: '2001:db8::a:b:c' }),
      line(401, { caller: undefined, address: '192.0.2.1' }),
      ...[line(400), line(400), line(400)],
      line(429, { address: '2001:db8::a:b:c' }),
    ]);
  });

  it('has ten lines a second for an address without a credential, and one with the number of the others', async () => {
    for (let n = 0; n < 60; n += 1) await get('/instances/a', { 'x-api-key': 'wrong' });
    const omitted = () =>
      stack.gateway.logLines
        .map((line) => JSON.parse(line) as { msg: string; omitted: Record<string, number> })
        .filter(({ msg }) => msg === 'lines of requests omitted')
        .flatMap((line) => Object.values(line.omitted))
        .reduce((sum, count) => sum + count, 0);
    await expect.poll(() => stack.gateway.requestLog().length + omitted()).toBe(60);
    expect(stack.gateway.requestLog().slice(0, 5)).toMatchObject(Array(5).fill({ status: 401 }));
    expect(omitted()).toBeGreaterThanOrEqual(20);
  });

  it('has a line for every request if RATE_LIMIT_REQUESTS=0', async () => {
    await stack.close();
    stack = await startStack({ RATE_LIMIT_REQUESTS: '0' });
    for (let n = 0; n < 30; n += 1) await stack.gateway.http.get('/nope').expect(404);
    await expect.poll(() => stack.gateway.requestLog().length).toBe(30);
  });
});

describe('secrets of the gateway and its callers', () => {
  const variables = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'emulator-key-id',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'emulator-key-secret',
    ALIBABA_CLOUD_SECURITY_TOKEN: 'canary-sts-token',
  };

  it('appear in no log line, answer or metric when requests fail', async () => {
    const file = new KeyFile();
    const key = file.add('caller', '*');
    file.write();
    const metricsPort = String(await freePort());
    const stack = await startStack({
      ...variables,
      METRICS_PORT: metricsPort,
      AUTH_MODE: 'api-key',
      AUTH_API_KEYS_FILE: file.path,
    });
    try {
      const { http, logLines } = stack.gateway;
      const answers: string[] = [];
      const ask = async (path: string, apiKey = key): Promise<void> => {
        const { text, headers } = await http.get(path).set({
          authorization: 'Bearer canary-bearer',
          cookie: 'a=canary-cookie',
          'x-api-key': apiKey,
        });
        answers.push(text, JSON.stringify(headers));
      };
      const { faults } = stack.emulator;

      // The emulator does not accept this security token, so it refuses a call with a correct signature.
      await ask('/instances/a?token=canary-query');
      for (const fault of [
        { kind: 'error', code: 'InternalError', message: 'canary-message' },
        { kind: 'error', code: 'canary-code but not a token' },
        { kind: 'body', body: 'canary-body' },
        { kind: 'body', status: 500, contentType: 'text/html', body: '<b>canary-html</b>' },
        { kind: 'body', status: 302, headers: { location: 'http://canary-host/' } },
        { kind: 'instance', instance: { InstanceId: 'a', CreatorId: 'canary-creator' } },
        { kind: 'reset' },
      ] as const) {
        stack.emulator.reset();
        faults.add(fault);
        await ask('/instances/a?token=canary-query');
      }
      await ask('/instances/a', 'canary-api-key');
      await ask('/canary-path?token=canary-query');
      await expect.poll(() => stack.gateway.requestLog().length).toBe(answers.length / 2);

      const signed = stack.emulator.calls.list();
      const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      const everything = [...answers, ...logLines, metrics]
        .join('\n')
        .replaceAll('"instance":"/canary-path"', '');
      for (const secret of [
        'canary',
        key,
        'emulator-key-id',
        'emulator-key-secret',
        'Signature=',
        'ACS3-HMAC',
        stack.emulator.endpoint,
      ]) {
        expect(everything).not.toContain(secret);
      }
      for (const { nonce } of signed) if (nonce) expect(everything).not.toContain(nonce);
    } finally {
      file.delete();
      await stack.close();
    }
  });
});
