import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

import { afterEach, expect, it } from 'vitest';

import { ConnectionGuard, type ConnectionGuardOptions } from './connection-guard.js';

const OPEN: ConnectionGuardOptions = {
  max: 100,
  maxPerAddress: 100,
  isProxy: () => false,
  maxDescriptor: Infinity,
};

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Starts a guarded server, and returns a function that opens a connection to it. */
async function guarded(options: Partial<ConnectionGuardOptions>) {
  const refusals: string[] = [];
  const guard = new ConnectionGuard({ ...OPEN, ...options }, (reason) => refusals.push(reason));
  const server = createServer((_request, response) => response.end('ok'));
  guard.watch(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  /** Resolves with an answer, or with undefined if the connection was closed without one. */
  const open = async (from = '127.0.0.1'): Promise<{ socket: Socket; text: string | undefined }> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    closing.push(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [data] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [unknown];
    return { socket, text: Buffer.isBuffer(data) ? data.toString() : undefined };
  };
  return { guard, refusals, open };
}

it('closes connections beyond the limit, and takes new ones when others have ended', async () => {
  const { guard, refusals, open } = await guarded({ max: 2 });
  const [first] = [await open(), await open()];
  expect((await open()).text).toBeUndefined();
  expect(refusals).toStrictEqual(['total']);
  first.socket.destroy();
  await expect.poll(async () => (await open()).text).toMatch(/^HTTP\/1\.1 200 /);
  expect(guard.refused).toMatchObject({ address: 0, descriptors: 0 });
});

it('limits the connections of one address, and leaves other addresses alone', async () => {
  const { guard, open } = await guarded({ maxPerAddress: 2 });
  const [first] = [await open(), await open()];
  expect((await open()).text).toBeUndefined();
  expect((await open('127.0.0.2')).text).toMatch(/^HTTP/);
  expect(guard.refused).toStrictEqual({ total: 0, address: 1, descriptors: 0 });
  first.socket.destroy();
  await expect.poll(async () => (await open()).text).toMatch(/^HTTP/);
});

it('does not limit the connections of a proxy', async () => {
  const { refusals, open } = await guarded({
    maxPerAddress: 1,
    isProxy: (address) => address === '127.0.0.1',
  });
  for (let count = 0; count < 3; count += 1) expect((await open()).text).toMatch(/^HTTP/);
  await open('127.0.0.2');
  expect((await open('127.0.0.2')).text).toBeUndefined();
  expect(refusals).toStrictEqual(['address']);
});

it('refuses connections when hardly a descriptor is left', async () => {
  const { guard, open } = await guarded({ maxDescriptor: 0 });
  expect((await open()).text).toBeUndefined();
  expect(guard.refused).toStrictEqual({ total: 0, address: 0, descriptors: 1 });
});
