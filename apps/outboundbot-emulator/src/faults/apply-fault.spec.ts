import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Emulator, startEmulator } from '../start-emulator.js';
import { sampleId, send, sendV3, v3Options } from '../testing/signed-request.js';

let emulator: Emulator;
let endpoint: string;

beforeEach(async () => {
  emulator = await startEmulator();
  ({ endpoint } = emulator);
});

afterEach(() => emulator.close());

/** Sends a signed call and returns the answer as soon as its headers are there. */
async function open(): Promise<IncomingMessage> {
  const { body, ...options } = v3Options({ endpoint });
  const outgoing = request({ agent: false, ...options });
  // After the answer has begun, Node emits the error of a broken connection on both; the tests listen to the answer.
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response;
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  return [await work(), performance.now() - start];
}

describe('an error fault', () => {
  it('sets the status, message, retry header, content type and extra members of the answer', async () => {
    emulator.faults.add({
      kind: 'error',
      code: 'Throttling.User',
      status: 429,
      message: 'Slow down.',
      retryAfter: '1500',
      contentType: 'application/json',
      extra: { AccessDeniedDetail: { AuthPrincipalOwnerId: 205273937398494789n } },
    });
    const answer = await sendV3({ endpoint });
    expect(answer.status).toBe(429);
    expect(answer.headers).toMatchObject({ 'x-acs-retry-after': '1500', 'content-type': 'application/json' });
    expect(answer.body).toContain('"Code":"Throttling.User","Message":"Slow down."');
    expect(answer.body).toContain('"AccessDeniedDetail":{"AuthPrincipalOwnerId":205273937398494789}');
  });

  it('answers HTTP 200 with Success false and no Instance when it is in band', async () => {
    emulator.faults.add({ kind: 'error', code: 'NoPermission', inBand: true });
    const answer = await sendV3({ endpoint });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      HttpStatusCode: 403,
      Code: 'NoPermission',
      Message: 'You are not authorized to do this operation.',
      RequestId: answer.headers['x-acs-request-id'],
      Success: false,
    });
  });

  it('answers in its own format, whatever format the call asks for', async () => {
    emulator.faults.add({ kind: 'error', code: 'InternalError', format: 'xml' });
    const answer = await sendV3({ endpoint });
    expect(answer.headers['content-type']).toBe('text/xml;charset=utf-8');
    expect(answer.body).toContain('<Error><RequestId>');
  });

  it('answers HTTP 500 for an unknown code', async () => {
    emulator.faults.add({ kind: 'error', code: 'Whatever' });
    expect((await sendV3({ endpoint })).status).toBe(500);
  });

  it('takes the place of the error for an unknown instance', async () => {
    emulator.faults.add({ kind: 'error', code: 'ServiceUnavailable' });
    const answer = await sendV3({ endpoint, query: [['InstanceId', 'unknown']] });
    expect(answer.status).toBe(503);
  });
});

describe('the scope of a fault', () => {
  it('limits a fault to one instance and to a number of calls', async () => {
    emulator.faults.add({ kind: 'error', code: 'InternalError', instanceId: 'other' });
    emulator.faults.add({ kind: 'error', code: 'ServiceUnavailable', times: 1 });
    const statuses = [(await sendV3({ endpoint })).status, (await sendV3({ endpoint })).status];
    expect(statuses).toEqual([503, 200]);
  });

  it('limits a scripted instance to one action and one instance', async () => {
    const scope = { action: 'DescribeInstance', instanceId: sampleId } as const;
    emulator.faults.add({ kind: 'instance', instance: { InstanceId: 'scripted' }, ...scope });
    emulator.instances.put({ InstanceId: 'other' });
    const other = await sendV3({ endpoint, query: [['InstanceId', 'other']] });
    expect(other.body).toContain('"Instance":{"InstanceId":"other"}');
    expect((await sendV3({ endpoint })).body).toContain('"Instance":{"InstanceId":"scripted"}');
  });

  it('delays an error by delayMs', async () => {
    emulator.faults.add({ kind: 'error', code: 'InternalError', delayMs: 40 });
    const [answer, took] = await timed(() => sendV3({ endpoint }));
    expect(answer.status).toBe(500);
    expect(took).toBeGreaterThan(35);
  });
});

describe('a latency fault', () => {
  it('sends the normal answer late', async () => {
    emulator.faults.add({ kind: 'latency', ms: 40 });
    const [answer, took] = await timed(() => sendV3({ endpoint }));
    expect(answer.body).toContain(sampleId);
    expect(took).toBeGreaterThan(35);
  });

  it('stops waiting when the client disconnects', async () => {
    emulator.faults.add({ kind: 'latency', ms: 60_000 });
    const { body, ...options } = v3Options({ endpoint });
    const outgoing = request({ agent: false, ...options });
    outgoing.on('error', () => undefined);
    outgoing.end(body);
    await expect.poll(() => emulator.calls.count(), { interval: 5 }).toBe(1);
    outgoing.destroy();
    await expect.poll(() => emulator.openSockets(), { interval: 5 }).toBe(0);
  });
});

describe('a hang fault', () => {
  it('sends no answer and ends when the emulator closes', async () => {
    emulator.faults.add({ kind: 'hang' });
    const hanging = expect(sendV3({ endpoint })).rejects.toThrow('socket hang up');
    await expect.poll(() => emulator.calls.count(), { interval: 5 }).toBe(1);
    expect(emulator.openSockets()).toBe(1);
    await emulator.close();
    await hanging;
    expect(emulator.openSockets()).toBe(0);
  });
});

describe('a trickle fault', () => {
  it('sends the headers at once and the body in single bytes', async () => {
    emulator.faults.add({ kind: 'trickle', intervalMs: 0 });
    const response = await open();
    const sizes: number[] = [];
    let body = '';
    for await (const chunk of response as AsyncIterable<Buffer>) {
      sizes.push(chunk.length);
      body += chunk.toString('latin1');
    }
    expect(response.headers['content-length']).toBe(String(body.length));
    expect(sizes.length).toBeGreaterThan(50);
    expect(Buffer.from(body, 'latin1').toString()).toContain('第一個實例');
  });

  it('stops sending when the emulator closes', async () => {
    emulator.faults.add({ kind: 'trickle' });
    const response = await open();
    await emulator.close();
    await expect(once(response, 'end')).rejects.toThrow('aborted');
  });

  it('sends the headers in single bytes and the body at once with headers: true', async () => {
    emulator.faults.add({ kind: 'trickle', intervalMs: 0, headers: true });
    const { headers, path } = v3Options({ endpoint });
    const [host, port] = endpoint.split(':');
    const socket = connect(Number(port), host);
    const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    socket.write(`POST ${String(path)} HTTP/1.1\r\n${lines.join('')}\r\n`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    expect(chunks[0]?.toString()).toBe('H');
    expect(chunks.length).toBeGreaterThan(20);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: application\/json;charset=utf-8\r\n/);
    expect(text).toMatch(/"MaxConcurrentConversation":4\}\}$/);
  });
});

describe('a reset fault', () => {
  it('breaks the connection before the headers', async () => {
    emulator.faults.add({ kind: 'reset' });
    await expect(sendV3({ endpoint })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('breaks the connection in the middle of the body', async () => {
    emulator.faults.add({ kind: 'reset', when: 'mid-body' });
    const response = await open();
    expect(response.statusCode).toBe(200);
    let received = 0;
    response.on('data', (chunk: Buffer) => (received += chunk.length));
    const [error] = (await once(response, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    expect(received).toBe(Math.floor(Number(response.headers['content-length']) / 2));
  });
});

describe('a truncate fault', () => {
  it('announces the complete body, sends half of it and closes the connection', async () => {
    emulator.faults.add({ kind: 'truncate' });
    const response = await open();
    let received = 0;
    response.on('data', (chunk: Buffer) => (received += chunk.length));
    await expect(once(response, 'end')).rejects.toThrow('aborted');
    expect(received).toBe(Math.floor(Number(response.headers['content-length']) / 2));
  });
});

describe('a body fault', () => {
  it('sends its own status, content type, headers and body', async () => {
    const headers = { location: 'http://127.0.0.1:1/', 'x-more': 'yes' };
    emulator.faults.add({ kind: 'body', status: 302, contentType: 'text/html', body: '<p>no</p>', headers });
    const answer = await sendV3({ endpoint });
    expect(answer).toMatchObject({ status: 302, body: '<p>no</p>' });
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html', 'content-length': '9', ...headers });
  });

  it('sends an empty JSON answer by default, and no content type when that is empty', async () => {
    emulator.faults.add([
      { kind: 'body', times: 1 },
      { kind: 'body', contentType: '', status: 204 },
    ]);
    const empty = await sendV3({ endpoint });
    expect(empty).toMatchObject({ status: 200, body: '' });
    expect(empty.headers['content-type']).toBe('application/json;charset=utf-8');
    const bare = await sendV3({ endpoint });
    expect(bare.status).toBe(204);
    expect(bare.headers).not.toHaveProperty('content-type');
  });
});

describe('a huge fault', () => {
  it.each([1, 12, 13, 14, 200_000])('sends a body of exactly %i bytes', async (bytes) => {
    emulator.faults.add({ kind: 'huge', bytes });
    const answer = await sendV3({ endpoint });
    expect(answer.body).toHaveLength(bytes);
    expect(answer.headers['transfer-encoding']).toBe('chunked');
    if (bytes >= 14) expect(JSON.parse(answer.body)).toHaveProperty('Padding');
  });

  it('sends an empty body for 0 bytes', async () => {
    emulator.faults.add({ kind: 'huge', bytes: 0 });
    expect(await sendV3({ endpoint })).toMatchObject({ status: 200, body: '' });
  });

  it('announces its size with contentLength and sends its own status', async () => {
    emulator.faults.add({ kind: 'huge', bytes: 100_000, status: 500, contentLength: true });
    const answer = await sendV3({ endpoint });
    expect([answer.status, answer.headers['content-length']]).toEqual([500, '100000']);
  });

  it('buffers little for a slow client and stops when the client disconnects', async () => {
    emulator.faults.add({ kind: 'huge', bytes: 2 ** 40 });
    const before = process.memoryUsage().rss;
    const response = await open();
    await once(response, 'readable');
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    response.destroy();
    await expect.poll(() => emulator.openSockets(), { interval: 5 }).toBe(0);
  });
});

describe('an instance fault', () => {
  it('answers an instance of any shape and replaces members of the envelope', async () => {
    emulator.faults.add([
      { kind: 'instance', instance: { InstanceId: 7, CreatorId: 205273937398494789n }, times: 1 },
      { kind: 'instance', instance: [], envelope: { Success: 'true', Code: undefined, Extra: 1 } },
    ]);
    const wrongTypes = await sendV3({ endpoint });
    expect(wrongTypes.body).toContain(
      '"Success":true,"Instance":{"InstanceId":7,"CreatorId":205273937398494789}}',
    );
    const wrongEnvelope = await sendV3({ endpoint });
    expect(wrongEnvelope.status).toBe(200);
    expect(JSON.parse(wrongEnvelope.body)).toEqual({
      HttpStatusCode: 200,
      Message: 'Success',
      RequestId: wrongEnvelope.headers['x-acs-request-id'],
      Success: 'true',
      Instance: [],
      Extra: 1,
    });
  });
});

describe('a compress fault', () => {
  it.each([
    [undefined, 'gzip', gunzipSync],
    ['gzip', 'gzip', gunzipSync],
    ['deflate', 'deflate', inflateSync],
    ['deflate-raw', 'deflate', inflateRawSync],
    ['br', 'br', brotliDecompressSync],
  ] as const)('compresses the answer with %s and announces %s', async (coding, name, decompress) => {
    emulator.faults.add({ kind: 'compress', ...(coding ? { coding } : {}) });
    const response = await open();
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    expect(response.headers).toMatchObject({
      'content-encoding': name,
      'content-length': String(body.length),
    });
    expect(decompress(body).toString()).toContain('第一個實例');
  });
});

describe('a keep-alive fault', () => {
  it('sends its Keep-Alive header', async () => {
    emulator.faults.add({ kind: 'keep-alive', timeoutS: 2, times: 1 });
    const agent = new Agent({ keepAlive: true });
    const { body, ...options } = v3Options({ endpoint });
    const { headers } = await send({ ...options, agent }, body);
    agent.destroy();
    expect(headers).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=2' });
  });
});

describe('a quota fault', () => {
  it('throttles the calls beyond the quota and sends the milliseconds until the next window', async () => {
    emulator.faults.add({ kind: 'quota', calls: 2, windowMs: 60_000 });
    const answers = [await sendV3({ endpoint }), await sendV3({ endpoint }), await sendV3({ endpoint })];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400]);
    expect(answers[2]?.body).toContain('"Code":"Throttling.User"');
    const left = Number(answers[2]?.headers['x-acs-retry-after']);
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });
});

describe('a forget fault', () => {
  const twice = async (): Promise<number[]> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statuses = [];
    try {
      for (let call = 0; call < 2; call += 1) {
        const { body, ...options } = v3Options({ endpoint });
        statuses.push((await send({ ...options, agent, timeout: 200 }, body)).status);
      }
      return statuses;
    } finally {
      agent.destroy();
    }
  };

  it.each(['reset', 'close'] as const)(
    'ends an idle connection by %s on its next request and counts no call',
    async (by) => {
      emulator.faults.add({ kind: 'forget', afterMs: 0, by });
      await expect(twice()).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(emulator.calls.count()).toBe(1);
    },
  );

  it('sends nothing and keeps the connection open with silence', async () => {
    emulator.faults.add({ kind: 'forget', afterMs: 0, by: 'silence' });
    const stuck = twice();
    const silence = new Promise((resolve) => setTimeout(resolve, 100, 'silence'));
    expect(await Promise.race([stuck, silence])).toBe('silence');
    expect(emulator.calls.count()).toBe(1);
    await emulator.close();
    await expect(stuck).rejects.toThrow();
  });

  it('does not affect a connection that is idle for less than afterMs', async () => {
    emulator.faults.add({ kind: 'forget', afterMs: 60_000 });
    expect(await twice()).toEqual([200, 200]);
  });
});

describe('an impossible fault', () => {
  it('answers HTTP 500 with the reason', async () => {
    emulator.faults.add({ kind: 'body', headers: { 'x-broken': 'a\nb' } });
    const answer = await sendV3({ endpoint });
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('The body fault cannot be applied');
  });
});

describe('a connection after an error fault', () => {
  it('serves the next call', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    emulator.faults.add({ kind: 'error', code: 'InternalError', times: 1 });
    const statuses = [];
    for (let call = 0; call < 2; call += 1) {
      const { body, ...options } = v3Options({ endpoint });
      statuses.push((await send({ ...options, agent }, body)).status);
    }
    expect(statuses).toEqual([500, 200]);
    expect(emulator.openSockets()).toBe(1);
    agent.destroy();
  });
});
