import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { Connections } from '../../apps/gateway/src/http/connections.js';
import { SAMPLE_ID, useStack } from '../support/gateway.js';

const PATH = `/instances/${SAMPLE_ID}`;

const get = (path: string, method = 'GET'): string => `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const statuses = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);

describe('slow and broken clients', () => {
  const stack = useStack();
  const open = async (): Promise<Socket> => {
    const { hostname, port } = new URL(stack.gateway.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const closed = (socket: Socket): Promise<void> =>
    new Promise((resolve) => {
      if (socket.closed) resolve();
      else
        socket.once('close', () => {
          resolve();
        });
    });
  const connections = (): Connections => stack.gateway.app.get(Connections);
  const textOf = (socket: Socket): (() => string) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    return () => text;
  };

  it('do not delay other clients, and are disconnected by the request timeout', async () => {
    const beginnings = [
      '',
      'GET / HTTP/1.1\r\nHost: x\r\n',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n',
    ];
    const server = stack.gateway.app.getHttpServer();
    expect(server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 10_000 });
    const clients = await Promise.all(
      Array.from({ length: 300 }, async (_, n) => {
        const socket = await open();
        socket.resume();
        socket.write(beginnings[n % 3] ?? '');
        // A client that sends a little at a time is never idle.
        const drip = n % 3 === 1 ? setInterval(() => socket.write('X: y\r\n'), 500) : undefined;
        socket.once('close', () => {
          clearInterval(drip);
        });
        return socket;
      }),
    );
    for (let n = 0; n < 20; n += 1) await stack.gateway.http.get(PATH).expect(200);
    // Those with a body have had their answer.
    expect(clients.filter((socket, n) => n % 3 < 2 && socket.closed)).toHaveLength(0);
    // Node checks these limits every two seconds, so the test need not wait for ten.
    Object.assign(server, { headersTimeout: 500, requestTimeout: 500 });
    await Promise.all(clients.map(closed));
    Object.assign(server, { headersTimeout: 10_000, requestTimeout: 10_000 });
  });

  it('get 405 for a huge body, and are disconnected before the gateway reads all of it', async () => {
    const socket = await open();
    const text = textOf(socket);
    let sent = 0;
    const chunk = Buffer.alloc(65_536);
    const send = (): void => {
      if (socket.destroyed || sent > 1_000_000_000) return;
      sent += chunk.length;
      socket.write(chunk, send);
    };
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n`);
    send();
    await closed(socket);
    expect(text()).toMatch(/^HTTP\/1\.1 405 /);
    // Node closes the connection at its next check; until then this much may arrive.
    expect(sent).toBeLessThan(500_000_000);
  });

  it('get 405 when they announce a body and never send it, and are then disconnected', async () => {
    const socket = await open();
    const text = textOf(socket);
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n`);
    await closed(socket);
    expect(text()).toMatch(/^HTTP\/1\.1 405 /);
  });

  it('can send another request on the connection after a POST with a short body', async () => {
    const socket = await open();
    const text = textOf(socket);
    const post = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`;
    socket.write(post);
    await expect.poll(text).toMatch(/^HTTP\/1\.1 405 /);
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await expect.poll(text).toMatch(/HTTP\/1\.1 200 /);
    socket.destroy();
  });

  it('do not disturb other clients and log no error when they send random bytes', async () => {
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const socket = await open();
        socket.resume();
        socket.end(
          Buffer.concat([Buffer.from(n % 2 === 0 ? '' : 'GET / HTTP/1.1\r\n'), randomBytes(n * 50)]),
        );
        await closed(socket);
      }),
    );
    await stack.gateway.http.get(PATH).expect(200);
    const errors = stack.gateway.logLines.filter((line) => /"level":"(error|fatal)"/.test(line));
    expect(errors).toStrictEqual([]);
  });

  it('get the answers to 100 requests that they pipeline', async () => {
    const socket = await open();
    const text = textOf(socket);
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(100));
    await expect.poll(() => text().split('HTTP/1.1 200').length - 1).toBe(100);
    socket.destroy();
  });

  it.each([
    [PATH, 200],
    ['/%zz', 400],
    ['/missing', 404],
  ])(
    'get the answers to the first of 500 pipelined requests for %s, and are then disconnected',
    async (path, status) => {
      const socket = await open();
      const text = textOf(socket);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(500));
      await closed(socket);
      // One is answered at once, and 100 wait.
      expect(text().split(`HTTP/1.1 ${status}`).length - 1).toBe(101);
      await expect.poll(() => connections().awaited).toBe(0);
      await stack.gateway.http.get(PATH).expect(200);
    },
  );

  it('are disconnected without all answers while too many requests of all connections wait', async () => {
    stack.emulator.faults.add({ kind: 'latency', ms: 1000 });
    const request = 'GET /instances/slow HTTP/1.1\r\nHost: x\r\n\r\n';
    const sockets = await Promise.all(Array.from({ length: 12 }, open));
    for (const socket of sockets) socket.resume().write(request.repeat(1000));
    await expect.poll(() => sockets.filter((socket) => socket.closed).length).toBeGreaterThan(0);
    expect(connections().awaited).toBeLessThanOrEqual(10_012);
    await stack.gateway.http.get('/health/live').expect(200);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => connections().awaited).toBe(0);
  });

  it('have their pipelined requests carried out one after the other', async () => {
    stack.emulator.faults.add({ kind: 'latency', ms: 200 });
    const socket = await open();
    const text = textOf(socket);
    socket.write(get('/instances/one') + get('/instances/two'));
    await expect.poll(() => stack.emulator.calls.count('one')).toBe(1);
    expect(stack.emulator.calls.count('two')).toBe(0);
    await expect.poll(() => statuses(text())).toStrictEqual(['404', '404']);
    socket.destroy();
  });

  it.each([
    ['an unknown expectation', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe\r\n\r\n', '400'],
    ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', '405'],
    ['bytes that are not HTTP', 'garbage\r\n\r\n', '400'],
  ])(
    'get the answers to the requests before %s, and are disconnected after its own',
    async (_name, bytes, status) => {
      stack.emulator.faults.add({ kind: 'latency', ms: 100 });
      const socket = await open();
      const text = textOf(socket);
      socket.write(get('/instances/before') + get('/health/live') + bytes + get('/instances/behind'));
      await closed(socket);
      expect(statuses(text())).toStrictEqual(['404', '200', status]);
      expect(stack.emulator.calls.count('behind')).toBe(0);
      await expect.poll(() => connections().awaited).toBe(0);
    },
  );

  it('get the answer to a request for another protocol, which ends the connection', async () => {
    const socket = await open();
    const text = textOf(socket);
    const upgrade =
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n${get('/instances/behind')}`);
    await closed(socket);
    expect(text()).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n/i);
    expect(statuses(text())).toStrictEqual(['200']);
  });

  it('can send any number of malformed URLs on a connection, one after the other', async () => {
    const socket = await open();
    const text = textOf(socket);
    for (let sent = 1; sent <= 150; sent += 1) {
      socket.write(get('/instances/x%ff'));
      await expect.poll(() => statuses(text()).length, { interval: 1 }).toBe(sent);
    }
    socket.write(get(PATH));
    await expect.poll(() => statuses(text()).at(-1)).toBe('200');
    socket.destroy();
  });

  it.each([
    ['100-continue', ['100', '200']],
    ['100-Continue', ['100', '200']],
    ['100-continue, other', ['400']],
    ['other', ['400']],
  ])('get what fits "Expect: %s"', async (expectation, answers) => {
    const socket = await open();
    const text = textOf(socket);
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\nExpect: ${expectation}\r\nConnection: close\r\n\r\n`);
    await closed(socket);
    expect(statuses(text())).toStrictEqual(answers);
  });

  it('are disconnected when their connection is idle', async () => {
    const server = stack.gateway.app.getHttpServer();
    server.keepAliveTimeout = 100;
    const socket = await open();
    const text = textOf(socket);
    socket.write(get('/health/live'));
    await expect.poll(() => statuses(text())).toStrictEqual(['200']);
    server.keepAliveTimeout = 75_000;
    await closed(socket);
  });

  it('are disconnected when they take no byte of their answer', async () => {
    const server = stack.gateway.app.getHttpServer();
    expect(server.timeout).toBe(30_000);
    // A timer of a connection is set when it opens.
    server.timeout = 300;
    const socket = await open();
    const reader = await open();
    server.timeout = 30_000;
    socket.pause();
    const request = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n';
    socket.write(request.repeat(20));
    const text = textOf(reader);
    reader.write(request);
    await expect.poll(() => text().length).toBeGreaterThan(1_000_000);
    await expect.poll(() => connections().size).toBeLessThan(2);
    reader.destroy();
  });

  it.each(['\r\n', 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n'])(
    'are disconnected when they take no byte of their answer, and send %j again and again',
    async (bytes) => {
      const server = stack.gateway.app.getHttpServer();
      server.timeout = 1000;
      const socket = await open();
      server.timeout = 30_000;
      socket.pause();
      socket.write('GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20));
      const drip = setInterval(() => socket.write(bytes), 100);
      await expect.poll(() => connections().size).toBe(0);
      clearInterval(drip);
      socket.destroy();
    },
  );

  it('are disconnected, those with the largest unread answers first, when all unread answers need too much memory', async () => {
    const reader = await open();
    const text = textOf(reader);
    const request = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n';
    for (let count = 0; count < 60; count += 1) {
      const socket = await open();
      socket.pause();
      socket.write(request.repeat(20));
    }
    const unread = (): number =>
      connections().sockets.reduce((sum, { writableLength }) => sum + writableLength, 0);
    await expect.poll(() => connections().size, { timeout: 5000 }).toBeLessThan(61);
    await expect.poll(unread).toBeLessThanOrEqual(67_108_864);
    reader.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await expect.poll(text).toMatch(/^HTTP\/1\.1 200 /);
    for (const socket of connections().sockets) socket.destroy();
  });

  it('are not disconnected while they wait for their answer', async () => {
    const server = stack.gateway.app.getHttpServer();
    server.timeout = 1000;
    const socket = await open();
    server.timeout = 30_000;
    stack.emulator.faults.add({ kind: 'latency', ms: 1500, times: 1 });
    const text = textOf(socket);
    socket.write('GET /instances/slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(text).toMatch(/^HTTP\/1\.1 404 /);
    socket.destroy();
  });

  it.each([
    ['two Host headers', 'Host: a\r\nHost: b'],
    ['the same Host header twice', 'Host: a\r\nhost: a'],
    ['a Host header with a path', 'Host: a/b'],
    ['a Host header with a space', 'Host: a b'],
    ['a Host header with a user', 'Host: user@a'],
    ['a Host header with a wrong port', 'Host: a:b'],
    ['a Host header with a broken escape', 'Host: %zz'],
    ['a Host header with too many colons', 'Host: [:::::]'],
    ['a Host header with an IPv4 address in brackets', 'Host: [1.2.3.4]'],
    ['no Host header', 'X: y'],
  ])('get 400 for %s', async (_name, headers) => {
    const socket = await open();
    const text = textOf(socket);
    socket.end(`GET ${PATH} HTTP/1.1\r\n${headers}\r\n\r\n`);
    await closed(socket);
    expect(text()).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"invalid-request"/);
  });

  it.each(['a', 'a.example:80', '[::1]:3000', '[::ffff:1.2.3.4]', '%41', 'a:', '', 'xn--fiqs8s.example'])(
    'get their answer with the Host header "%s"',
    async (host) => {
      const socket = await open();
      const text = textOf(socket);
      socket.end(`GET ${PATH} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await closed(socket);
      expect(text()).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  it('cause no Node warning when they pipeline 50 requests', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): number => warnings.push(warning);
    process.on('warning', warned);
    const socket = await open();
    socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50));
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    await expect.poll(() => received.split('HTTP/1.1 200 OK').length - 1).toBe(50);
    socket.destroy();
    process.off('warning', warned);
    expect(warnings).toStrictEqual([]);
  });

  it('can keep an idle connection for 75 s, longer than load balancers do', async () => {
    const { headers } = await stack.gateway.http.get(PATH).set('connection', 'keep-alive');
    expect(headers['keep-alive']).toBe('timeout=75');
  });
});

describe('clients that half-close the connection after the request', () => {
  const stack = useStack({ CACHE_NOT_FOUND_MS: '0' });
  /** Sends the bytes, half-closes after `afterMs`, and resolves with all that the gateway sends until it closes. */
  async function halfClose(bytes: string, afterMs = 0): Promise<string> {
    const { hostname, port } = new URL(stack.gateway.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    await once(socket, 'connect');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const ended = once(socket, 'end');
    socket.write(bytes);
    if (afterMs > 0) await delay(afterMs);
    socket.end();
    await ended;
    return text;
  }

  it.each([0, 50])('get a slow answer when they half-close after %i ms', async (afterMs) => {
    stack.emulator.instances.put({ InstanceId: `slow-${afterMs}`, InstanceName: 'slow one' });
    stack.emulator.faults.add({ kind: 'latency', ms: 200 });
    const text = await halfClose(get(`/instances/slow-${afterMs}`), afterMs);
    expect(statuses(text)).toStrictEqual(['200']);
    expect(text).toContain('"instanceName":"slow one"');
  });

  it('get cached answers, problem documents, large files and answers to HEAD', async () => {
    await stack.gateway.http.get(PATH).expect(200);
    expect(statuses(await halfClose(get(PATH)))).toStrictEqual(['200']);
    expect(statuses(await halfClose(get('/instances/unknown')))).toStrictEqual(['404']);
    expect(statuses(await halfClose(get('/instances/a.b')))).toStrictEqual(['400']);
    expect(statuses(await halfClose(get('/problems')))).toStrictEqual(['200']);
    expect((await halfClose(get('/docs/swagger-ui-bundle.js'))).length).toBeGreaterThan(1_000_000);
    expect(await halfClose(get(PATH, 'HEAD'))).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\n$/s);
  });

  it('get every answer that they pipelined', async () => {
    stack.emulator.faults.add({ kind: 'latency', ms: 100 });
    const text = await halfClose(get('/instances/one') + get(PATH) + get('/instances/two'));
    expect(statuses(text)).toStrictEqual(['404', '200', '404']);
  });

  it('get the error of the first attempt: the gateway makes no retry for a client that may have left', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', delayMs: 50 });
    const text = await halfClose(get('/instances/failing'));
    expect(statuses(text)).toStrictEqual(['502']);
    expect(text).toContain('"attempts":1');
    expect(stack.emulator.calls.count()).toBe(1);
    expect(stack.gateway.requestLog().at(-1)).toMatchObject({ aborted: true, status: 502 });
  });
});
