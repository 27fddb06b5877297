import { once } from 'node:events';
import {
  createServer as createHttpServer,
  get as getOverHttp,
  type IncomingMessage,
  type Server,
} from 'node:http';
import { createServer as createHttpsServer, get as getOverHttps } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { generate } from 'selfsigned';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createTunnelAgent } from './tunnel-agent.js';

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy that answers CONNECT with `status`, and opens a tunnel to `targetPort` if `status` is 200. */
async function startProxy(targetPort: number, status = 200) {
  const targets: string[] = [];
  const server = createHttpServer().on('connect', (request: IncomingMessage, socket: Socket) => {
    targets.push(request.url ?? '');
    socket.write(`HTTP/1.1 ${status} Answer\r\n\r\n`);
    if (status !== 200) return;
    const target = connect(targetPort, '127.0.0.1');
    target.pipe(socket).pipe(target);
    socket.on('close', () => target.destroy());
  });
  return { targets, url: new URL(`http://127.0.0.1:${await listen(server)}`) };
}

const answer = (request: unknown, response: { end: (body: string) => void }): void => {
  response.end('hello');
};

describe('createTunnelAgent', () => {
  it.each(['127.0.0.1:80', '[::1]:4318', 'collector.example.com:4318'])(
    'requests http://%s through a tunnel of the proxy',
    async (target) => {
      const proxy = await startProxy(await listen(createHttpServer(answer)));
      const agent = createTunnelAgent('http:', proxy.url, 1000);
      const [response] = (await once(getOverHttp(`http://${target}`, { agent }), 'response')) as [
        IncomingMessage,
      ];
      expect(await text(response)).toBe('hello');
      expect(proxy.targets).toStrictEqual([target]);
    },
  );

  it('verifies the certificate of an https target within the tunnel', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec',
      algorithm: 'sha256',
    });
    const proxy = await startProxy(await listen(createHttpsServer({ cert, key }, answer)));
    const agent = createTunnelAgent('https:', proxy.url, 1000);
    const [error] = (await once(getOverHttps('https://localhost', { agent }), 'error')) as [Error];
    expect(error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(proxy.targets).toStrictEqual(['localhost:443']);
  });

  it('fails the request when the proxy refuses the tunnel', async () => {
    const proxy = await startProxy(1, 407);
    const agent = createTunnelAgent('http:', proxy.url, 1000);
    const [error] = (await once(getOverHttp('http://localhost', { agent }), 'error')) as [Error];
    expect(error.message).toBe('the proxy answered 407');
  });
});
