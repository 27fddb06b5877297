import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { AbortableBody } from './abortable-body.js';

async function requestTo(onRequest: () => void) {
  const server = createServer(onRequest).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const sent = request({ host: '127.0.0.1', port, method: 'POST' });
  const failed = new Promise<Error>((resolve) => sent.once('error', resolve));
  return { sent, failed };
}

it('ends the request it is piped into when it is aborted', async () => {
  const body = new AbortableBody();
  const { sent, failed } = await requestTo(() => {
    body.abort();
  });
  body.pipe(sent);
  expect(await failed).toMatchObject({ message: 'the attempt is over' });
});

it('never lets a request out once it is aborted', async () => {
  let arrived = false;
  const { sent, failed } = await requestTo(() => {
    arrived = true;
  });
  const body = new AbortableBody();
  body.abort();
  body.pipe(sent);
  expect(await failed).toMatchObject({ message: 'the attempt is over' });
  expect(arrived).toBe(false);
});
