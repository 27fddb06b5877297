import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Fault } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { SAMPLE_ID, startTestGateway, type TestGateway, UNCACHED, useStack } from '../support/gateway.js';

const HTML = '<!doctype html><html><body><h1>Bad Gateway</h1>canary</body></html>';
const NESTED = '['.repeat(100_000);

describe('GET /instances/:id when the upstream answer is broken', () => {
  const stack = useStack({ ...UNCACHED, UPSTREAM_MAX_RESPONSE_BYTES: '200000' });

  it.each<[string, Fault, number, string, number]>([
    [
      'HTML with 200',
      { kind: 'body', contentType: 'text/html', body: HTML },
      502,
      'upstream-invalid-response',
      1,
    ],
    ['an empty body with 200', { kind: 'body' }, 502, 'upstream-invalid-response', 1],
    ['an empty body with 204', { kind: 'body', status: 204 }, 502, 'upstream-invalid-response', 1],
    ['a JSON list', { kind: 'body', body: '[]' }, 502, 'upstream-invalid-response', 1],
    ['a JSON number', { kind: 'body', body: '42' }, 502, 'upstream-invalid-response', 1],
    ['a JSON null', { kind: 'body', body: 'null' }, 502, 'upstream-invalid-response', 1],
    [
      'half of a JSON document',
      { kind: 'body', body: '{"Success":true,' },
      502,
      'upstream-invalid-response',
      1,
    ],
    ['JSON with 100000 nested lists', { kind: 'body', body: NESTED }, 502, 'upstream-invalid-response', 1],
    [
      'a body above UPSTREAM_MAX_RESPONSE_BYTES',
      { kind: 'huge', bytes: 200_001 },
      502,
      'upstream-invalid-response',
      1,
    ],
    [
      'a Content-Length above UPSTREAM_MAX_RESPONSE_BYTES',
      { kind: 'huge', bytes: 1e9, contentLength: true },
      502,
      'upstream-invalid-response',
      1,
    ],
    [
      'a body above UPSTREAM_MAX_RESPONSE_BYTES with 500',
      { kind: 'huge', bytes: 200_001, status: 500 },
      502,
      'upstream-invalid-response',
      1,
    ],
    [
      'a redirect',
      { kind: 'body', status: 302, headers: { location: 'http://127.0.0.1:1/' } },
      502,
      'upstream-invalid-response',
      1,
    ],
    [
      'HTML with 500',
      { kind: 'body', status: 500, contentType: 'text/html', body: HTML },
      502,
      'upstream-error',
      3,
    ],
    [
      'HTML with 502',
      { kind: 'body', status: 502, contentType: 'text/html', body: HTML },
      502,
      'upstream-error',
      3,
    ],
    [
      'HTML with 503',
      { kind: 'body', status: 503, contentType: 'text/html', body: HTML },
      503,
      'upstream-unavailable',
      3,
    ],
    [
      'HTML with 404',
      { kind: 'body', status: 404, contentType: 'text/html', body: HTML },
      502,
      'upstream-refused',
      1,
    ],
    ['an empty body with 500', { kind: 'body', status: 500 }, 502, 'upstream-error', 3],
    ['JSON without a code with 403', { kind: 'body', status: 403, body: '{}' }, 502, 'upstream-refused', 1],
    ['Success false without a code', { kind: 'body', body: '{"Success":false}' }, 502, 'upstream-error', 3],
    [
      'a null Success',
      { kind: 'instance', instance: { InstanceId: 'a' }, envelope: { Success: null } },
      502,
      'upstream-error',
      3,
    ],
    [
      '"yes" as Success',
      { kind: 'instance', instance: { InstanceId: 'a' }, envelope: { Success: 'yes' } },
      502,
      'upstream-error',
      3,
    ],
    [
      'the instance of another id',
      { kind: 'instance', instance: { InstanceId: 'another' } },
      502,
      'upstream-invalid-response',
      1,
    ],
    [
      'Success true with an unknown Code',
      { kind: 'instance', instance: { InstanceId: 'a' }, envelope: { Code: 'Weird' } },
      502,
      'upstream-error',
      3,
    ],
    ['a connection reset before the headers', { kind: 'reset' }, 503, 'upstream-unavailable', 3],
    ['a connection reset in the body', { kind: 'reset', when: 'mid-body' }, 503, 'upstream-unavailable', 3],
    ['a body shorter than its Content-Length', { kind: 'truncate' }, 503, 'upstream-unavailable', 3],
  ])(
    'maps %s to its status, problem code and number of attempts',
    async (_, fault, status, code, attempts) => {
      stack.emulator.faults.add(fault);
      const response = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
      expect(response.body).toMatchObject({ status, code, upstream: { attempts } });
      expect(response.status).toBe(status);
      expect(response.text).not.toContain('canary');
      expect(response.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
      expect(stack.emulator.calls.count()).toBe(attempts + resends(stack.gateway));
    },
  );

  it('accepts the string "true" as Success', async () => {
    const instance = { InstanceId: SAMPLE_ID, InstanceName: 'taken' };
    stack.emulator.faults.add({ kind: 'instance', instance, envelope: { Success: 'true' } });
    const { body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
    expect(body).toMatchObject({ instanceName: 'taken' });
  });

  it.each<[string, Fault]>([
    ['a connection reset before the headers', { kind: 'reset', times: 1 }],
    ['a connection reset in the body', { kind: 'reset', when: 'mid-body', times: 1 }],
    ['a body shorter than its Content-Length', { kind: 'truncate', times: 1 }],
  ])('answers 200 on the second attempt after %s', async (_, fault) => {
    stack.emulator.faults.add(fault);
    await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
    expect(stack.emulator.calls.count()).toBe(2);
  });

  it('answers 502 upstream-invalid-response for an unknown or a wrong Content-Encoding', async () => {
    for (const coding of ['zstd', 'gzip', 'gzip, br']) {
      const headers = { 'content-encoding': coding };
      stack.emulator.faults.add({ kind: 'body', body: '{"Success":true}', headers, times: 1 });
      const { body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
      expect(body).toMatchObject({ code: 'upstream-invalid-response', upstream: { attempts: 1 } });
    }
  });

  it('classifies an error by status and headers when its body cannot be decoded', async () => {
    const headers = { 'content-encoding': 'gzip', 'retry-after': '7' };
    stack.emulator.faults.add({ kind: 'body', status: 503, body: HTML, headers });
    const response = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
    expect(response.body).toMatchObject({ status: 503, code: 'upstream-unavailable' });
    expect(response.headers['retry-after']).toBe('7');
  });

  it.each([
    ['gzip', gzipSync],
    // A higher quality takes so long that the gateway, in the same process, sheds load.
    ['br', (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])('answers 502 for a small %s body that decompresses above the size limit', async (coding, compress) => {
    const bomb = compress(Buffer.alloc(20_000_000, ' '));
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-encoding': coding }).end(bomb);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const gateway = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: `127.0.0.1:${port}` });
    onTestFinished(async () => {
      await gateway.close();
      server.close();
    });
    await gateway.http.get('/instances/a').expect(502);
    expect(gateway.requestLog()).toMatchObject([
      { upstream: [{ reason: 'larger than UPSTREAM_MAX_RESPONSE_BYTES' }] },
    ]);
  });

  it('logs both ids when the answer is about another instance, and does not cache the answer', async () => {
    const another = { InstanceId: 'another-one' };
    stack.emulator.faults.add({ kind: 'instance', instance: another, times: 1 });
    const { text } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(502);
    expect(text).not.toContain('another-one');
    expect(stack.gateway.requestLog().at(-1)).toMatchObject({
      upstream: [{ outcome: 'invalid-response', reason: `it is about another-one, not about ${SAMPLE_ID}` }],
    });
    const { body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
    expect(body).toMatchObject({ instanceId: SAMPLE_ID });
  });

  it('decodes a UTF-8 character whose bytes arrive in two packets', async () => {
    stack.emulator.faults.add({ kind: 'trickle', intervalMs: 1 });
    const { body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
    expect(body).toMatchObject({ instanceName: '第一個實例' });
  });
});

describe('GET /instances/:id when the upstream is slow', () => {
  const stack = useStack({
    ...UNCACHED,
    UPSTREAM_DEADLINE_MS: '250',
    UPSTREAM_ATTEMPT_TIMEOUT_MS: '150',
  });

  it.each<[string, Fault]>([
    ['never answers', { kind: 'hang' }],
    ['sends its body a few bytes at a time', { kind: 'trickle', intervalMs: 10 }],
    ['sends its headers a few bytes at a time', { kind: 'trickle', intervalMs: 10, headers: true }],
    ['answers after ten seconds', { kind: 'latency', ms: 10_000 }],
  ])('answers 504 at the deadline and closes the connections when the upstream %s', async (_, fault) => {
    // The deadline must also end a call on a reused connection, so this request opens one.
    await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
    stack.emulator.faults.add(fault);
    const started = performance.now();
    const { status, body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
    const took = performance.now() - started;
    expect(status).toBe(504);
    expect(body).toMatchObject({ code: 'upstream-timeout', upstream: { code: null, requestId: null } });
    expect(took).toBeGreaterThan(240);
    await expect.poll(() => stack.emulator.openSockets()).toBe(0);
  });

  it('retries when one attempt times out', async () => {
    stack.emulator.faults.add({ kind: 'hang', times: 1 });
    await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
    expect(stack.emulator.calls.count()).toBe(2);
  });

  it('answers 504 with the code and request id of the last answer that the upstream sent', async () => {
    stack.emulator.faults.add([{ kind: 'error', code: 'InternalError', times: 1 }, { kind: 'hang' }]);
    const { body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
    const [first] = stack.emulator.calls.list();
    expect(body).toMatchObject({
      code: 'upstream-timeout',
      upstream: { code: 'InternalError', requestId: first?.requestId },
    });
  });
});

describe('GET /instances/:id when no upstream listens', () => {
  it('answers 503 upstream-unavailable without the host name of the upstream', async () => {
    const gateway = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: '127.0.0.1:1' });
    onTestFinished(() => gateway.close());
    const { status, body, text, headers } = await gateway.http.get('/instances/a');
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('1');
    expect(body).toMatchObject({
      code: 'upstream-unavailable',
      upstream: { code: null, requestId: null, attempts: 3 },
    });
    expect(text).not.toContain('127.0.0.1');
  });

  it('answers 502 upstream-invalid-response when the upstream does not speak HTTP', async () => {
    const server = await listen(createServer(), (socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    const gateway = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: `127.0.0.1:${server.port}` });
    onTestFinished(async () => {
      await gateway.close();
      server.close();
    });
    const { body } = await gateway.http.get('/instances/a');
    expect(body).toMatchObject({ status: 502, code: 'upstream-invalid-response' });
  });
});

/** How many attempts of the last request were resent because the reused connection was dead. */
function resends(gateway: TestGateway): number {
  const { upstream = [] } = gateway.requestLog().at(-1) as { upstream?: { resent?: true }[] };
  return upstream.filter(({ resent }) => resent).length;
}

async function listen(server: Server, onConnection: (socket: import('node:net').Socket) => void) {
  server.removeAllListeners('connection');
  server.on('connection', onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
