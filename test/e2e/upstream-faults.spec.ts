import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Fault } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { SAMPLE_ID, startTestGateway, type TestGateway, UNCACHED, useStack } from '../support/gateway.js';

const HTML = '<!doctype html><html><body><h1>Bad Gateway</h1>canary</body></html>';
const NESTED = '['.repeat(100_000);

describe('an upstream that answers wrongly', () => {
  const stack = useStack({ ...UNCACHED, UPSTREAM_MAX_RESPONSE_BYTES: '200000' });

  it.each<[string, Fault, number, string, number]>([
    [
      'HTML with 200',
      { kind: 'body', contentType: 'text/html', body: HTML },
      502,
      'upstream-invalid-response',
      1,
    ],
    ['nothing with 200', { kind: 'body' }, 502, 'upstream-invalid-response', 1],
    ['nothing with 204', { kind: 'body', status: 204 }, 502, 'upstream-invalid-response', 1],
    ['a list', { kind: 'body', body: '[]' }, 502, 'upstream-invalid-response', 1],
    ['a number', { kind: 'body', body: '42' }, 502, 'upstream-invalid-response', 1],
    ['null', { kind: 'body', body: 'null' }, 502, 'upstream-invalid-response', 1],
    ['half a document', { kind: 'body', body: '{"Success":true,' }, 502, 'upstream-invalid-response', 1],
    ['a hundred thousand brackets', { kind: 'body', body: NESTED }, 502, 'upstream-invalid-response', 1],
    ['too much', { kind: 'huge', bytes: 200_001 }, 502, 'upstream-invalid-response', 1],
    [
      'too much, announced',
      { kind: 'huge', bytes: 1e9, contentLength: true },
      502,
      'upstream-invalid-response',
      1,
    ],
    ['too much with 500', { kind: 'huge', bytes: 200_001, status: 500 }, 502, 'upstream-invalid-response', 1],
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
    ['nothing with 500', { kind: 'body', status: 500 }, 502, 'upstream-error', 3],
    ['JSON without a code with 403', { kind: 'body', status: 403, body: '{}' }, 502, 'upstream-refused', 1],
    ['Success false and no more', { kind: 'body', body: '{"Success":false}' }, 502, 'upstream-error', 3],
    [
      'no Success',
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
      'another instance',
      { kind: 'instance', instance: { InstanceId: 'another' } },
      502,
      'upstream-invalid-response',
      1,
    ],
    [
      'another Code',
      { kind: 'instance', instance: { InstanceId: 'a' }, envelope: { Code: 'Weird' } },
      502,
      'upstream-error',
      3,
    ],
    ['a reset', { kind: 'reset' }, 503, 'upstream-unavailable', 3],
    ['a reset in the body', { kind: 'reset', when: 'mid-body' }, 503, 'upstream-unavailable', 3],
    ['half of the announced bytes', { kind: 'truncate' }, 503, 'upstream-unavailable', 3],
  ])('%s', async (_, fault, status, code, attempts) => {
    stack.emulator.faults.add(fault);
    const response = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
    expect(response.body).toMatchObject({ status, code, upstream: { attempts } });
    expect(response.status).toBe(status);
    expect(response.text).not.toContain('canary');
    expect(response.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
    expect(stack.emulator.calls.count()).toBe(attempts + resends(stack.gateway));
  });

  it('takes "true" as Success for a success', async () => {
    const instance = { InstanceId: SAMPLE_ID, InstanceName: 'taken' };
    stack.emulator.faults.add({ kind: 'instance', instance, envelope: { Success: 'true' } });
    const { body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
    expect(body).toMatchObject({ instanceName: 'taken' });
  });

  it.each<[string, Fault]>([
    ['a reset', { kind: 'reset', times: 1 }],
    ['a reset in the body', { kind: 'reset', when: 'mid-body', times: 1 }],
    ['half of the announced bytes', { kind: 'truncate', times: 1 }],
  ])('gets over %s', async (_, fault) => {
    stack.emulator.faults.add(fault);
    await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
    expect(stack.emulator.calls.count()).toBe(2);
  });

  it('takes an answer in a coding that it does not know, or that is another, for none', async () => {
    for (const coding of ['zstd', 'gzip', 'gzip, br']) {
      const headers = { 'content-encoding': coding };
      stack.emulator.faults.add({ kind: 'body', body: '{"Success":true}', headers, times: 1 });
      const { body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
      expect(body).toMatchObject({ code: 'upstream-invalid-response', upstream: { attempts: 1 } });
    }
  });

  it('goes by status and headers when the body of an error cannot be decoded', async () => {
    const headers = { 'content-encoding': 'gzip', 'retry-after': '7' };
    stack.emulator.faults.add({ kind: 'body', status: 503, body: HTML, headers });
    const response = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
    expect(response.body).toMatchObject({ status: 503, code: 'upstream-unavailable' });
    expect(response.headers['retry-after']).toBe('7');
  });

  it.each([
    ['gzip', gzipSync],
    // The best compression of so much would block the gateway, which then sheds load.
    ['br', (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])('takes a few bytes of %s that would be many for too much', async (coding, compress) => {
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
    expect(gateway.requestLog()).toMatchObject([{ upstream: [{ reason: 'too large' }] }]);
  });

  it('names both instances in the log when the answer is about another one, and keeps nothing', async () => {
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

  it('keeps characters apart that the network cuts in two', async () => {
    stack.emulator.faults.add({ kind: 'trickle', intervalMs: 1 });
    const { body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
    expect(body).toMatchObject({ instanceName: '第一個實例' });
  });
});

describe('an upstream that takes its time', () => {
  const stack = useStack({
    ...UNCACHED,
    UPSTREAM_DEADLINE_MS: '250',
    UPSTREAM_ATTEMPT_TIMEOUT_MS: '150',
  });

  it.each<[string, Fault]>([
    ['hangs', { kind: 'hang' }],
    ['trickles its body', { kind: 'trickle', intervalMs: 10 }],
    ['trickles its headers', { kind: 'trickle', intervalMs: 10, headers: true }],
    ['is slow', { kind: 'latency', ms: 10_000 }],
  ])('and %s ends at the deadline as 504, its connections closed', async (_, fault) => {
    // A kept connection whose last answer was fast must be no safer from this than a new one.
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

  it('is tried again when one attempt times out', async () => {
    stack.emulator.faults.add({ kind: 'hang', times: 1 });
    await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
    expect(stack.emulator.calls.count()).toBe(2);
  });

  it('names the last answer that a support ticket could use', async () => {
    stack.emulator.faults.add([{ kind: 'error', code: 'InternalError', times: 1 }, { kind: 'hang' }]);
    const { body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
    const [first] = stack.emulator.calls.list();
    expect(body).toMatchObject({
      code: 'upstream-timeout',
      upstream: { code: 'InternalError', requestId: first?.requestId },
    });
  });
});

describe('an upstream that is not there', () => {
  it('is 503 upstream-unavailable, and no host name shows', async () => {
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

  it('is 502 upstream-invalid-response when something else than HTTP listens there', async () => {
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

/** How many of the calls of the last request were sent a second time, as they met a dead connection. */
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
