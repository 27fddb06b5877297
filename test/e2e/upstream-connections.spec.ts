import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { describeInstance, OutboundBotClient } from '@app/outboundbot-client';
import { describe, expect, it, onTestFinished } from 'vitest';

import { defaultKeyPair, type Fault } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { startStack, type TestGateway } from '../support/gateway.js';

const CALLERS = 30;
const ids = (prefix: string): string[] => Array.from({ length: CALLERS }, (_, n) => `${prefix}-${n}`);

async function start(variables: Record<string, string> = {}) {
  const stack = await startStack({ CACHE_NOT_FOUND_MS: '0', ...variables });
  onTestFinished(() => stack.close());
  for (const id of [...ids('warm'), ...ids('later')]) stack.emulator.instances.put({ InstanceId: id });
  return stack;
}

type Stack = Awaited<ReturnType<typeof start>>;

async function ask({ url }: TestGateway, id: string): Promise<number> {
  const response = await fetch(`${url}/instances/${id}`);
  await response.arrayBuffer();
  return response.status;
}

/** Opens up to thirty upstream connections and leaves them idle. */
async function warmUp({ emulator, gateway }: Stack): Promise<void> {
  emulator.faults.add({ kind: 'latency', ms: 200, times: CALLERS });
  await Promise.all(ids('warm').map((id) => ask(gateway, id)));
  // On a busy machine the first answer may come before the last request.
  expect(emulator.openSockets()).toBeGreaterThan(CALLERS / 4);
}

const resendsOf = (gateway: TestGateway): number => gateway.app.get(OutboundBotClient).resends;

describe('idle upstream connections that the upstream has dropped', () => {
  const attempts = (gateway: TestGateway) =>
    gateway.requestLog().flatMap((line) => line['upstream'] as { outcome: string; resent?: true }[]);

  describe.each<[string, Fault, Record<string, string>]>([
    ['with a reset', { kind: 'forget', afterMs: 40 }, {}],
    ['with an end of the stream', { kind: 'forget', afterMs: 40, by: 'close' }, {}],
    [
      'without telling the gateway',
      { kind: 'forget', afterMs: 250, by: 'silence' },
      { UPSTREAM_KEEP_ALIVE_MS: '100' },
    ],
  ])('%s', (_, fault, variables) => {
    it('cause no failed attempt and no retry for thirty simultaneous requests', async () => {
      const stack = await start(variables);
      await warmUp(stack);
      stack.emulator.faults.add(fault);
      await delay(300);
      const statuses = await Promise.all(ids('later').map((id) => ask(stack.gateway, id)));
      expect(statuses).toStrictEqual(Array(CALLERS).fill(200));
      expect(stack.emulator.calls.count()).toBe(2 * CALLERS);
      expect(attempts(stack.gateway)).toHaveLength(2 * CALLERS);
      for (const attempt of attempts(stack.gateway)) expect(attempt.outcome).toBe('success');
    });

    it('cause no failed attempt for thirty requests in sequence', async () => {
      const stack = await start(variables);
      await warmUp(stack);
      stack.emulator.faults.add(fault);
      for (const id of ids('later')) {
        await delay(fault.kind === 'forget' && fault.by === 'silence' ? 20 : 50);
        expect(await ask(stack.gateway, id)).toBe(200);
      }
      for (const attempt of attempts(stack.gateway)) expect(attempt.outcome).toBe('success');
    });
  });

  it('cause one resend, which the log line and the client count and the upstream accepts', async () => {
    const stack = await start();
    await ask(stack.gateway, 'warm-0');
    stack.emulator.faults.add({ kind: 'forget', afterMs: 0, times: 1 });
    expect(await ask(stack.gateway, 'later-0')).toBe(200);
    expect(await ask(stack.gateway, 'later-1')).toBe(200);
    expect(stack.gateway.requestLog().map(({ upstream }) => upstream)).toMatchObject([
      [{ outcome: 'success' }],
      [{ outcome: 'success', resent: true }],
      [{ outcome: 'success' }],
    ]);
    expect(stack.gateway.logLines.filter((line) => line.includes('resent'))).toHaveLength(1);
    expect(resendsOf(stack.gateway)).toBe(1);
  });

  it('cause at most one resend per attempt', async () => {
    const { gateway, emulator } = await start();
    await ask(gateway, 'warm-0');
    emulator.calls.clear();
    emulator.faults.add({ kind: 'reset' });
    expect(await ask(gateway, 'later-0')).toBe(503);
    const [line] = gateway.requestLog().slice(-1);
    // The first attempt used the idle connection and then a new one; the other attempts used new ones only.
    expect(line).toMatchObject({
      upstream: [
        { outcome: 'unavailable', reason: 'ECONNRESET', resent: true },
        { outcome: 'unavailable', reason: 'ECONNRESET' },
        { outcome: 'unavailable', reason: 'ECONNRESET' },
      ],
    });
    expect(emulator.calls.count()).toBe(4);
  });
});

describe('an upstream connection that breaks', () => {
  it('fails the attempt without a resend after a part of the answer has arrived', async () => {
    const { gateway, emulator } = await start();
    await ask(gateway, 'warm-0');
    emulator.calls.clear();
    emulator.faults.add({ kind: 'reset', when: 'mid-body', times: 1 });
    expect(await ask(gateway, 'later-0')).toBe(200);
    const [line] = gateway.requestLog().slice(-1);
    expect(line).toMatchObject({ upstream: [{ outcome: 'unavailable' }, { outcome: 'success' }] });
    expect(resendsOf(gateway)).toBe(0);
  });

  it.each(['H', 'HTTP/1.1 200', 'HTTP/1.1 200 OK\r\nContent-Le'])(
    'fails the attempt without a resend after the bytes "%s"',
    async (beginning) => {
      const { client, requests } = await clientOf((socket, request) => {
        if (request !== 2) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}`);
        else socket.end(beginning);
      });
      await client.call(describeInstance, { instanceId: 'a' }, { timeoutMs: 1000 });
      expect(await client.call(describeInstance, { instanceId: 'a' }, { timeoutMs: 1000 })).toMatchObject({
        kind: 'unavailable',
      });
      expect(client.resends).toBe(0);
      expect(requests()).toBe(2);
    },
  );

  it('fails the attempt without a resend when the connection was new', async () => {
    const { client, requests } = await clientOf((socket) => socket.resetAndDestroy());
    expect(await client.call(describeInstance, { instanceId: 'a' }, { timeoutMs: 1000 })).toMatchObject({
      kind: 'unavailable',
      reason: 'ECONNRESET',
    });
    expect(requests()).toBe(1);
  });
});

describe('an idle upstream connection', () => {
  it('is closed after UPSTREAM_KEEP_ALIVE_MS', async () => {
    const { gateway, emulator } = await start({ UPSTREAM_KEEP_ALIVE_MS: '200' });
    await ask(gateway, 'warm-0');
    expect(emulator.openSockets()).toBe(1);
    await expect.poll(() => emulator.openSockets()).toBe(0);
  });

  it('is closed before the shorter Keep-Alive timeout that the upstream announces', async () => {
    const { gateway, emulator } = await start({ UPSTREAM_KEEP_ALIVE_MS: '60000' });
    emulator.faults.add([
      { kind: 'keep-alive', timeoutS: 1, times: 1 },
      { kind: 'keep-alive', timeoutS: 2, times: 1 },
    ]);
    // One second is too short to reuse the connection safely: the gateway closes it at once.
    await ask(gateway, 'warm-0');
    await expect.poll(() => emulator.openSockets()).toBe(0);
    await ask(gateway, 'warm-1');
    expect(emulator.openSockets()).toBe(1);
    await expect.poll(() => emulator.openSockets()).toBe(0);
  });

  it('is closed after UPSTREAM_KEEP_ALIVE_MS even if the upstream announces a longer timeout', async () => {
    const { gateway, emulator } = await start({ UPSTREAM_KEEP_ALIVE_MS: '200' });
    emulator.faults.add({ kind: 'keep-alive', timeoutS: 3600 });
    await ask(gateway, 'warm-0');
    await expect.poll(() => emulator.openSockets()).toBe(0);
  });

  it('is reused by the next call', async () => {
    const { gateway, emulator } = await start();
    for (const id of ids('warm')) await ask(gateway, id);
    expect(emulator.openSockets()).toBe(1);
  });

  it('is not kept with UPSTREAM_KEEP_ALIVE_MS=0', async () => {
    const { gateway, emulator } = await start({ UPSTREAM_KEEP_ALIVE_MS: '0' });
    for (const id of ids('warm')) expect(await ask(gateway, id)).toBe(200);
    await expect.poll(() => emulator.openSockets()).toBe(0);
  });
});

it('the gateway opens no more upstream connections than UPSTREAM_MAX_CONCURRENCY', async () => {
  const { gateway, emulator } = await start({ UPSTREAM_MAX_CONCURRENCY: '5' });
  emulator.faults.add({ kind: 'latency', ms: 30 });
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, emulator.openSockets())), 2);
  await Promise.all(ids('warm').map((id) => ask(gateway, id)));
  clearInterval(watch);
  expect(most).toBe(5);
});

function clientAt(port: number): OutboundBotClient {
  return new OutboundBotClient({
    endpoint: `127.0.0.1:${port}`,
    protocol: 'http',
    accessKey: defaultKeyPair,
    maxResponseBytes: 1_048_576,
  });
}

/** A client of a server that answers each request by calling `answer` with the number of the request. */
async function clientOf(answer: (socket: Socket, request: number) => void) {
  let requests = 0;
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      requests += 1;
      answer(socket, requests);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = clientAt((server.address() as AddressInfo).port);
  onTestFinished(() => {
    client.close();
    server.close();
  });
  return { client, requests: () => requests };
}
