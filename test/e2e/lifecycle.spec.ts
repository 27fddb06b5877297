import { connect } from 'node:net';

import { systemClock } from '@app/resilience';
import { FakeClock } from '@app/resilience/testing';
import supertest from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createGateway, startGateway } from '../../apps/gateway/src/create-gateway.js';
import { shutDown } from '../../apps/gateway/src/lifecycle/shutdown.js';
import { createLogger } from '../../apps/gateway/src/observability/logger.js';
import { parseSettings } from '../../apps/gateway/src/settings/parse-settings.js';
import { startEmulator } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { FILES, KEY_VARIABLES, SAMPLE_ID, startStack, startTestGateway } from '../support/gateway.js';

const silent = createLogger('silent');

describe('the gateway during shutdown', () => {
  it('answers with Connection: close and is not ready until SHUTDOWN_DRAIN_MS has passed, then stops listening', async () => {
    const emulator = await startEmulator();
    onTestFinished(() => emulator.close());
    const clock = new FakeClock(Date.now());
    const settings = parseSettings({
      ...KEY_VARIABLES,
      PORT: '0',
      SHUTDOWN_DRAIN_MS: '5000',
      OUTBOUNDBOT_ENDPOINT: emulator.endpoint,
      OUTBOUNDBOT_PROTOCOL: 'http',
    });
    const app = await createGateway({ settings, logger: silent, clock, files: FILES });
    await startGateway(app);
    const url = await app.getUrl();
    const down = shutDown(app);

    const ready = await supertest(url).get('/health/ready').expect(503);
    expect(ready.body).toStrictEqual({ status: 'stopping' });
    clock.advance(4999);
    const { headers } = await supertest(url).get(`/instances/${SAMPLE_ID}`).expect(200);
    expect(headers['connection']).toBe('close');

    clock.advance(1);
    await down;
    await expect(fetch(url)).rejects.toThrow();
  });

  it('does not wait for a client that has sent half a request', async () => {
    const gateway = await startTestGateway({
      OUTBOUNDBOT_ENDPOINT: '127.0.0.1:1',
      UPSTREAM_DEADLINE_MS: '1',
      SHUTDOWN_DRAIN_MS: '0',
    });
    const { hostname, port } = new URL(gateway.url);
    const idle = connect(Number(port), hostname);
    idle.on('error', () => undefined);
    await new Promise((resolve) => idle.write('GET / HTTP/1.1\r\nHost: x\r\n', resolve));
    await shutDown(gateway.app);
    await expect.poll(() => idle.closed).toBe(true);
  });
});

describe('the gateway during start-up', () => {
  it('fails with EADDRINUSE when the port is in use', async () => {
    const first = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: '127.0.0.1:1' });
    onTestFinished(() => first.close());
    const settings = parseSettings({ ...KEY_VARIABLES, PORT: new URL(first.url).port });
    const app = await createGateway({ settings, logger: silent, clock: systemClock, files: FILES });
    await expect(startGateway(app)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

describe('a defect of the gateway', () => {
  it('is answered 500 internal-error and logged as an error with its stack', async () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => void lines.push(line) });
    const { client, ...rest } = parseSettings({ ...KEY_VARIABLES, PORT: '0' });
    // The check of the settings rejects this endpoint, so the test sets it after the check.
    const settings = { ...rest, client: { ...client, endpoint: 'not a\nhost' } };
    const app = await createGateway({ settings, logger, clock: systemClock, files: FILES });
    await startGateway(app);
    onTestFinished(() => app.close());
    const response = await fetch(`${await app.getUrl()}/instances/a`);
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({
      code: 'internal-error',
      detail: expect.stringContaining('inside the gateway'),
    });
    expect(body).not.toContain('not a');
    const errors = (): string[] => lines.filter((line) => line.includes('"level":"error"'));
    await expect.poll(() => errors().length).toBe(1);
    expect(JSON.parse(errors()[0] ?? '')).toMatchObject({
      problem: 'internal-error',
      err: { type: 'TypeError', stack: expect.stringContaining('at ') },
    });
  });
});

describe('a client that disconnects', () => {
  it('in the middle of a request does not disturb other clients', async () => {
    const stack = await startStack();
    onTestFinished(() => stack.close());
    const { hostname, port } = new URL(stack.gateway.url);
    for (const bytes of [
      'GET / HT',
      'GET /instances/a HTTP/1.1\r\nHost: x\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc',
    ]) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.write(bytes, resolve));
      socket.resetAndDestroy();
    }
    await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
  });

  it('by a reset stops the retries of its request, and the requests that it has pipelined behind are not carried out', async () => {
    const stack = await startStack({ UPSTREAM_BACKOFF_BASE_MS: '100', UPSTREAM_BACKOFF_CAP_MS: '100' });
    onTestFinished(() => stack.close());
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', delayMs: 1500 });
    const { hostname, port } = new URL(stack.gateway.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(['a', 'b', 'c'].map((id) => `GET /instances/${id} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
    await expect.poll(() => stack.emulator.calls.count()).toBe(1);
    // A client that only closes its sending side would still get its answers.
    socket.resetAndDestroy();
    await expect.poll(() => stack.gateway.requestLog()).toMatchObject([{ aborted: true }]);
    expect(stack.emulator.calls.count()).toBe(1);
  });
});
