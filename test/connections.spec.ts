import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

import { describe, expect, it } from 'vitest';

import { SAMPLE_ID, useStack } from './support/gateway.js';

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
    const startedAt = performance.now();
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
    for (let n = 0; n < 20; n += 1) {
      const askedAt = performance.now();
      await stack.gateway.http.get(PATH).expect(200);
      expect(performance.now() - askedAt).toBeLessThan(1000);
    }
    await Promise.all(clients.map(closed));
    expect(performance.now() - startedAt).toBeLessThan(16_000);
  }, 30_000);

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
    expect(sent).toBeLessThan(50_000_000);
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

/** Empty for what has been closed meanwhile. */
function readlinkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
