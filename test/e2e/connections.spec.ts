import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { SAMPLE_ID, useStack } from '../support/gateway.js';

const PATH = `/instances/${SAMPLE_ID}`;

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
  const textOf = (socket: Socket): (() => string) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    return () => text;
  };

  it('hold up nobody, and are cut: silent, half done, or dripping', async () => {
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
        // Whoever drips would never be idle.
        const drip = n % 3 === 1 ? setInterval(() => socket.write('X: y\r\n'), 500) : undefined;
        socket.once('close', () => {
          clearInterval(drip);
        });
        return socket;
      }),
    );
    for (let n = 0; n < 20; n += 1) await stack.gateway.http.get(PATH).expect(200);
    expect(clients.filter((socket) => socket.closed)).toStrictEqual([]);
    // Node compares with these every two seconds: the test need not wait for ten.
    Object.assign(server, { headersTimeout: 500, requestTimeout: 500 });
    await Promise.all(clients.map(closed));
    Object.assign(server, { headersTimeout: 10_000, requestTimeout: 10_000 });
  });

  it('get an answer to a big body that nobody reads, and are then cut off', async () => {
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
    // As much as fits into the time between two looks.
    expect(sent).toBeLessThan(500_000_000);
  });

  it('get an answer to a body that never comes, and are then cut off', async () => {
    const socket = await open();
    const text = textOf(socket);
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n`);
    await closed(socket);
    expect(text()).toMatch(/^HTTP\/1\.1 405 /);
  });

  it('may go on using their connection after a body that was short', async () => {
    const socket = await open();
    const text = textOf(socket);
    const post = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`;
    socket.write(post);
    await expect.poll(text).toMatch(/^HTTP\/1\.1 405 /);
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await expect.poll(text).toMatch(/HTTP\/1\.1 200 /);
    socket.destroy();
  });

  it('who send garbage take nobody along', async () => {
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

  // Linux tells a process which files it has open.
  it.runIf(process.platform === 'linux')('who leave before their turn leave no file open', async () => {
    const openFiles = (): number => {
      const files = readdirSync('/proc/self/fd').map((fd) => readlinkOf(`/proc/self/fd/${fd}`));
      return files.filter((path) => path.endsWith('swagger-ui-bundle.js')).length;
    };
    for (let n = 0; n < 10; n += 1) {
      const socket = await open();
      socket.write('GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(4));
      await expect.poll(openFiles).toBeGreaterThan(1);
      socket.destroy();
      await closed(socket);
    }
    await expect.poll(openFiles).toBe(0);
    const errors = stack.gateway.logLines.filter((line) => /"level":"(error|fatal)"/.test(line));
    expect(errors).toStrictEqual([]);
  });

  it('who ask for much at once set off no warning', async () => {
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

  it('who are idle are kept longer than a load balancer keeps its connections', async () => {
    const { headers } = await stack.gateway.http.get(PATH).set('connection', 'keep-alive');
    expect(headers['keep-alive']).toBe('timeout=75');
  });
});

describe('callers who close their side of the connection after the request', () => {
  const stack = useStack({ CACHE_NOT_FOUND_MS: '0' });
  const get = (path: string, method = 'GET'): string => `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

  /** Sends, closes its side after so many milliseconds, and gives what comes until the other side closes too. */
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

  const statuses = (text: string): string[] =>
    [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);

  it.each([0, 50])('%i ms later get an answer that takes its time', async (afterMs) => {
    stack.emulator.instances.put({ InstanceId: `slow-${afterMs}`, InstanceName: 'slow one' });
    stack.emulator.faults.add({ kind: 'latency', ms: 200 });
    const text = await halfClose(get(`/instances/slow-${afterMs}`), afterMs);
    expect(statuses(text)).toStrictEqual(['200']);
    expect(text).toContain('"instanceName":"slow one"');
  });

  it('get one from memory, a problem, a page, a large file, and the head alone', async () => {
    await stack.gateway.http.get(PATH).expect(200);
    expect(statuses(await halfClose(get(PATH)))).toStrictEqual(['200']);
    expect(statuses(await halfClose(get('/instances/unknown')))).toStrictEqual(['404']);
    expect(statuses(await halfClose(get('/instances/a.b')))).toStrictEqual(['400']);
    expect(statuses(await halfClose(get('/problems')))).toStrictEqual(['200']);
    expect((await halfClose(get('/docs/swagger-ui-bundle.js'))).length).toBeGreaterThan(1_000_000);
    expect(await halfClose(get(PATH, 'HEAD'))).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\n$/s);
  });

  it('get all answers that they have asked for', async () => {
    stack.emulator.faults.add({ kind: 'latency', ms: 100 });
    const text = await halfClose(get('/instances/one') + get(PATH) + get('/instances/two'));
    expect(statuses(text)).toStrictEqual(['404', '200', '404']);
  });

  it('may have left, so that nothing new is begun for them', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', delayMs: 50 });
    const text = await halfClose(get('/instances/failing'));
    expect(statuses(text)).toStrictEqual(['502']);
    expect(text).toContain('"attempts":1');
    expect(stack.emulator.calls.count()).toBe(1);
    expect(stack.gateway.requestLog().at(-1)).toMatchObject({ aborted: true, status: 502 });
  });
});

/** Empty for what has been closed meanwhile. */
function readlinkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
