import { describe, expect, it } from 'vitest';

import { createGatewayClient, type GatewayClientOptions } from './create-gateway-client.js';
import { GatewayError } from './gateway-error.js';
import { FakeClock } from './test-support/fake-clock.js';
import { hangUp, INSTANCE, ok, problem, silence, useScriptedServer } from './test-support/scripted-server.js';

const server = useScriptedServer();

function start(options: Partial<GatewayClientOptions> = {}) {
  const clock = new FakeClock();
  return { client: createGatewayClient({ baseUrl: server.url, clock, random: () => 0, ...options }), clock };
}

const settled = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);
const requestsArrived = (count: number) => expect.poll(() => server.requests.length).toBe(count);
const throttled = (seconds: string) =>
  problem(503, { code: 'upstream-throttled' }, { 'retry-after': seconds });

describe('the time-out', () => {
  it('rejects with the code timeout 10 seconds after the call, and not before', async () => {
    server.script = [silence];
    const { client, clock } = start();
    let isSettled = false;
    const call = settled(client.getInstance('abc', { requestId: 'mine' })).finally(() => {
      isSettled = true;
    });
    await requestsArrived(1);
    clock.advance(9999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
    clock.advance(1);
    const error = await call;
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code: 'timeout', status: null, requestId: 'mine', isRetryable: true });
    expect((error as GatewayError).detail).toContain('10000 ms');
  });

  it('is not retried, and ends the request', async () => {
    let closed = false;
    server.script = [(request) => void request.on('close', () => (closed = true))];
    const { client, clock } = start({ timeoutMs: 50 });
    const call = settled(client.listInstances());
    await requestsArrived(1);
    clock.advance(50);
    expect(await call).toMatchObject({ code: 'timeout' });
    await expect.poll(() => closed).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  it('includes the time of a credential function', async () => {
    const { client, clock } = start({ apiKey: () => new Promise(() => undefined) });
    const call = settled(client.getInstance('abc'));
    clock.advance(10_000);
    expect(await call).toMatchObject({ code: 'timeout', requestId: null });
    expect(server.requests).toHaveLength(0);
  });

  it('includes the retry', async () => {
    server.script = [throttled('5'), silence];
    const { client, clock } = start();
    const call = settled(client.getInstance('abc'));
    await requestsArrived(2);
    clock.advance(4999);
    clock.advance(1);
    expect(await call).toMatchObject({ code: 'timeout' });
    expect(clock.slept).toStrictEqual([5000]);
  });

  it.each([
    ['beyond it', 2999],
    ['to its end', 3000],
  ])('does not wait for a retry %s: the error of the first attempt says more', async (_, timeoutMs) => {
    server.script = [throttled('3'), ok()];
    const { client, clock } = start({ timeoutMs });
    expect(await settled(client.getInstance('abc'))).toMatchObject({ code: 'upstream-throttled' });
    expect(clock.slept).toStrictEqual([]);
  });

  it.each([0, Infinity, 2 ** 31])('does not exist with timeoutMs %d', async (timeoutMs) => {
    server.script = [throttled('3'), ok()];
    const { client, clock } = start({ timeoutMs });
    const call = client.getInstance('abc');
    expect(clock.running).toBe(0);
    expect(await call).toStrictEqual(INSTANCE);
    expect(clock.slept).toStrictEqual([3000]);
  });

  it.each([
    ['an answer', ok()],
    ['an error', problem(404, { code: 'instance-not-found' })],
    ['a lost connection', hangUp],
  ])('leaves no timer behind after %s', async (_, step) => {
    server.script = [step];
    const { client, clock } = start();
    const call = settled(client.getInstance('abc'));
    expect(clock.running).toBe(1);
    await call;
    expect(clock.running).toBe(0);
  });

  it('ends only the call that is too late: the others with the same request get its answer', async () => {
    let respond: (() => void) | undefined;
    server.script = [(_, response) => void (respond = () => response.end(JSON.stringify(INSTANCE)))];
    const { client, clock } = start();
    const first = settled(client.getInstance('abc'));
    await requestsArrived(1);
    clock.advance(5000);
    const second = client.getInstance('abc');
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(5000);
    expect(await first).toMatchObject({ code: 'timeout' });
    respond!();
    expect(await second).toStrictEqual(INSTANCE);
    expect(server.requests).toHaveLength(1);
  });

  it('differs from an abort: that rejects with the reason of the signal, and leaves no timer behind', async () => {
    server.script = [silence];
    const { client, clock } = start();
    const controller = new AbortController();
    const call = settled(client.getInstance('abc', { signal: controller.signal }));
    await requestsArrived(1);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await call).toBe(reason);
    expect(clock.running).toBe(0);
  });
});
