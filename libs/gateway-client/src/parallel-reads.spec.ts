import type { RequestListener, ServerResponse } from 'node:http';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { createGatewayClient, type GatewayClientOptions } from './create-gateway-client.js';
import type { ReadOptions } from './read-options.js';
import { FakeClock } from './test-support/fake-clock.js';
import { INSTANCE, ok, page, problem, useScriptedServer } from './test-support/scripted-server.js';

const server = useScriptedServer();

function start(options: Partial<GatewayClientOptions> = {}) {
  const clock = new FakeClock();
  return { clock, client: createGatewayClient({ baseUrl: server.url, clock, ...options }) };
}

const settled = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

/** An answer that waits until the test ends it. */
function held() {
  const responses: ServerResponse[] = [];
  let closed = 0;
  const listener: RequestListener = (request, response) => {
    responses.push(response);
    request.on('close', () => {
      if (!response.writableEnded) closed += 1;
    });
  };
  return {
    listener,
    arrived: () => expect.poll(() => responses.length).toBe(1),
    answer: () => responses[0]?.end(JSON.stringify(INSTANCE)),
    closed: () => closed,
  };
}

describe('parallel reads', () => {
  it('of one instance share one request', async () => {
    const { client } = start();
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => client.getInstance('abc')));
    for (const other of others) expect(other).toBe(first);
    expect(server.requests).toHaveLength(1);
  });

  it('do not share requests in a Cloudflare Worker, where one request must not wait for another', async () => {
    vi.stubGlobal('WebSocketPair', () => undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    const { client } = start();
    await Promise.all([client.getInstance('abc'), client.getInstance('abc')]);
    expect(server.requests).toHaveLength(2);
  });

  it('of one list share one request', async () => {
    server.script = [page([])];
    const { client } = start();
    await Promise.all([client.listInstances({ q: 'x', page: 2 }), client.listInstances({ page: 2, q: 'x' })]);
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, [string, ReadOptions], [string, ReadOptions]]>([
    ['different ids', ['abc', {}], ['def', {}]],
    ['different request ids', ['abc', { requestId: 'a' }], ['abc', { requestId: 'b' }]],
    ['one of them fresh', ['abc', { fresh: true }], ['abc', {}]],
  ])('with %s do not share a request', async (_, first, second) => {
    const { client } = start();
    await Promise.all([client.getInstance(...first), client.getInstance(...second)]);
    expect(server.requests).toHaveLength(2);
  });

  it('that are fresh share one request', async () => {
    const { client } = start();
    await Promise.all([1, 2].map(() => client.getInstance('abc', { fresh: true })));
    expect(server.requests).toHaveLength(1);
  });

  it('that follow each other do not share a request', async () => {
    const { client } = start();
    await client.getInstance('abc');
    await client.getInstance('abc');
    expect(server.requests).toHaveLength(2);
  });

  it('get the same error from one request', async () => {
    server.script = [problem(404, { code: 'instance-not-found' })];
    const { client } = start();
    const errors = await Promise.all([1, 2].map(() => settled(client.getInstance('abc'))));
    expect(errors).toMatchObject([{ code: 'instance-not-found' }, { code: 'instance-not-found' }]);
    expect(server.requests).toHaveLength(1);
  });

  it('wait for the same time before they share the second request', async () => {
    server.script = [problem(429, { code: 'too-many-requests' }, { 'retry-after': '1' }), ok()];
    const { client, clock } = start();
    await Promise.all([1, 2, 3].map(() => client.getInstance('abc')));
    expect(new Set(clock.slept).size).toBe(1);
    expect(server.requests).toHaveLength(2);
  });

  it('end at their own signal, and the request goes on for the others', async () => {
    const answer = held();
    server.script = [answer.listener];
    const { client } = start();
    const controller = new AbortController();
    const leaving = settled(client.getInstance('abc', { signal: controller.signal }));
    const staying = client.getInstance('abc');
    await answer.arrived();
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await leaving).toBe(reason);
    answer.answer();
    expect(await staying).toStrictEqual(INSTANCE);
    expect(server.requests).toHaveLength(1);
    expect(answer.closed()).toBe(0);
  });

  it('abort the request when the last signal aborts', async () => {
    const answer = held();
    server.script = [answer.listener, ok()];
    const { client } = start();
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) => settled(client.getInstance('abc', { signal })));
    await answer.arrived();
    for (const controller of controllers) controller.abort(new Error('enough'));
    expect(await Promise.all(calls)).toMatchObject([{ message: 'enough' }, { message: 'enough' }]);
    await expect.poll(answer.closed).toBe(1);
    expect(await client.getInstance('abc')).toStrictEqual(INSTANCE);
  });
});

describe('parallel reads and credentials', () => {
  it('do not share a request if the credential has changed between them', async () => {
    const keys = ['alice', 'bob', 'alice'];
    const { client } = start({ apiKey: () => keys.shift() });
    await Promise.all([1, 2, 3].map(() => client.getInstance('abc')));
    expect(server.requests.map(({ headers }) => headers['x-api-key']).sort()).toStrictEqual(['alice', 'bob']);
  });

  it('give each call the answer to its own credential', async () => {
    const byKey: RequestListener = ({ headers }, response) => {
      response.end(JSON.stringify({ ...INSTANCE, ownerName: headers.authorization }));
    };
    server.script = [byKey];
    const tokens = ['alice', 'bob'];
    const { client } = start({ accessToken: () => Promise.resolve(tokens.shift()) });
    const [alice, bob] = await Promise.all([client.getInstance('abc'), client.getInstance('abc')]);
    expect(alice.ownerName).toBe('Bearer alice');
    expect(bob.ownerName).toBe('Bearer bob');
  });

  it('do not share the second request if the credential has changed during the wait', async () => {
    server.script = [problem(429, { code: 'too-many-requests' }, { 'retry-after': '1' }), ok()];
    const keys = ['old', 'old', 'old', 'new'];
    const { client } = start({ apiKey: () => keys.shift() });
    await Promise.all([1, 2].map(() => client.getInstance('abc')));
    expect(server.requests.map(({ headers }) => headers['x-api-key'])).toStrictEqual(['old', 'old', 'new']);
  });

  it('fail alone if their own credential function fails', async () => {
    const failure = new Error('logged out');
    let calls = 0;
    const { client } = start({
      apiKey: () => (++calls === 1 ? Promise.reject(failure) : Promise.resolve('key')),
    });
    const failing = settled(client.getInstance('abc'));
    expect(await client.getInstance('abc')).toStrictEqual(INSTANCE);
    expect(await failing).toBe(failure);
  });
});
