import { connect } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { startGateway } from '../apps/gateway/src/create-gateway.js';
import { createLogger } from '../apps/gateway/src/http/logger.js';
import { parseSettings } from '../apps/gateway/src/settings/parse-settings.js';
import { shutDown } from '../apps/gateway/src/shutdown.js';
import { SAMPLE_ID, startStack, startTestGateway } from './support/gateway.js';

const silent = createLogger('silent');

describe('shutting down', () => {
  it('serves for the drain time, says that it is not ready, and ends kept connections', async () => {
    const stack = await startStack({ SHUTDOWN_DRAIN_MS: '5000' });
    onTestFinished(() => stack.emulator.close());
    let endDrain = (): void => undefined;
    const drained: number[] = [];
    const sleep = (ms: number) =>
      new Promise<void>((resolve) => {
        drained.push(ms);
        endDrain = resolve;
      });
    const down = shutDown(stack.gateway.app, silent, { now: () => 0, sleep });

    const ready = await stack.gateway.http.get('/health/ready').expect(503);
    expect(ready.body).toStrictEqual({ status: 'stopping' });
    const { headers } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).expect(200);
    expect(headers['connection']).toBe('close');
    expect(drained).toStrictEqual([5000]);

    endDrain();
    await down;
    await expect(fetch(stack.gateway.url)).rejects.toThrow();
  });

  it('does not wait for a client that sends nothing', async () => {
    const gateway = await startTestGateway({
      OUTBOUNDBOT_ENDPOINT: '127.0.0.1:1',
      UPSTREAM_DEADLINE_MS: '1',
      SHUTDOWN_DRAIN_MS: '0',
    });
    const { hostname, port } = new URL(gateway.url);
    const idle = connect(Number(port), hostname);
    idle.on('error', () => undefined);
    await new Promise((resolve) => idle.write('GET / HTTP/1.1\r\nHost: x\r\n', resolve));
    await shutDown(gateway.app, silent);
    await expect.poll(() => idle.closed).toBe(true);
  });
});

describe('starting up', () => {
  it('leaves nothing listening when it fails', async () => {
    const first = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: '127.0.0.1:1' });
    onTestFinished(() => first.close());
    const settings = parseSettings({
      PORT: new URL(first.url).port,
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'a',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'b',
    });
    await expect(startGateway(settings, silent)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('a defect of the gateway', () => {
  it('is 500 internal-error to the caller, and an error with its stack to the operators', async () => {
    const lines: string[] = [];
    const settings = parseSettings({
      PORT: '0',
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'a',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'b',
    });
    // No environment gets this far: the check of the endpoint is what would have to be broken.
    const { server, upstream } = settings;
    const broken = { server, upstream, client: { ...settings.client, endpoint: 'not a\nhost' } };
    const app = await startGateway(broken, createLogger('info', { write: (line) => void lines.push(line) }));
    onTestFinished(() => app.close());
    const response = await fetch(`${await app.getUrl()}/instances/a`);
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({
      code: 'internal-error',
      detail: expect.stringContaining('inside the gateway'),
    });
    expect(body).not.toContain('not a');
    await expect.poll(() => lines.filter((line) => line.includes('"level":"error"')).length).toBe(1);
    expect(JSON.parse(lines.find((line) => line.includes('"level":"error"')) ?? '')).toMatchObject({
      problem: 'internal-error',
      err: { type: 'TypeError', stack: expect.stringContaining('at ') },
    });
  });
});

describe('a caller who breaks off', () => {
  it('in the middle of a request takes nobody along', async () => {
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
});
