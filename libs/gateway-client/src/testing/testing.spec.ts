import { type ProblemCode, PROBLEMS } from '@app/problem-details';
import { http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createGatewayClient } from '../create-gateway-client.js';
import { GatewayError } from '../gateway-error.js';
import { FakeClock } from '../test-support/fake-clock.js';
import { fakeGateway, listedInstance, problemDocument, problemResponse } from './index.js';
import { gatewayHandlers } from './msw.js';

const BASE_URL = 'http://gateway.test/bot';

const failureOf = (call: Promise<unknown>): Promise<GatewayError> =>
  call.then(
    () => expect.unreachable('The call did not fail.'),
    (error: unknown) => error as GatewayError,
  );

describe('problemResponse', () => {
  it.each(Object.keys(PROBLEMS) as ProblemCode[])(
    'is read by the client as a GatewayError: %s',
    async (code) => {
      const upstream = { code: 'InternalError', requestId: 'U1', attempts: 3 };
      const fetch = () =>
        Promise.resolve(problemResponse(code, { detail: 'Why.', requestId: 'R1', retryAfterS: 7, upstream }));
      const client = createGatewayClient({ baseUrl: BASE_URL, fetch, clock: new FakeClock() });
      const { status } = PROBLEMS[code];
      const isDelayed = status === 429 || status === 503;
      const error = await failureOf(client.getInstance('a'));
      expect(error).toBeInstanceOf(GatewayError);
      expect(error).toMatchObject({ code, status, detail: 'Why.', requestId: 'R1', upstream });
      expect(error.retryAfterMs).toBe(isDelayed ? 7000 : null);
    },
  );

  it('has the status and the title of the gateway for every code', () => {
    for (const [code, { status, title }] of Object.entries(PROBLEMS)) {
      expect(problemDocument(code as ProblemCode)).toMatchObject({ code, status, title });
    }
  });

  it('says which code the gateway does not have', () => {
    expect(() => problemDocument('nope' as ProblemCode)).toThrow(
      new TypeError('The gateway has no error code "nope".'),
    );
  });

  it('needs nothing but a code', async () => {
    expect(await problemResponse('overloaded').json()).toStrictEqual({
      type: '/problems/overloaded',
      title: 'The gateway is overloaded',
      status: 503,
      detail: 'The gateway is overloaded.',
      instance: '/instances',
      code: 'overloaded',
      requestId: 'test-request',
    });
  });
});

describe('fakeGateway', () => {
  it('is the fetch of a client, without Mock Service Worker', async () => {
    const instances = [{ instanceId: 'a' }];
    const client = createGatewayClient({ baseUrl: BASE_URL, fetch: fakeGateway({ instances }) });
    expect(await client.listInstances()).toMatchObject({
      total: 1,
      instances: [listedInstance({ instanceId: 'a' })],
    });
    instances.push({ instanceId: 'b' });
    expect(await client.listInstances()).toMatchObject({ total: 2 });
  });
});

describe('gatewayHandlers', () => {
  const instances = ['a', 'b', 'c'].map((instanceId) => ({
    instanceId,
    instanceName: `Instance ${instanceId}`,
  }));
  const server = setupServer(...gatewayHandlers({ baseUrl: `${BASE_URL}/`, instances }));
  // Created before the server starts, as a module of an application creates it.
  const client = createGatewayClient({ baseUrl: BASE_URL });
  beforeAll(() => {
    server.listen({ onUnhandledRequest: 'error' });
  });
  afterEach(() => {
    server.resetHandlers();
  });
  afterAll(() => {
    server.close();
  });

  it('answer a client that was created before Mock Service Worker started', async () => {
    expect(await client.getInstance('b')).toMatchObject({ instanceId: 'b', instanceName: 'Instance b' });
    expect(await client.listInstances({ ids: ['c', 'a'], sort: '-instanceName' })).toMatchObject({
      total: 2,
      instances: [{ instanceId: 'c' }, { instanceId: 'a' }],
    });
  });

  it('answer 304 to a client that remembers the answer', async () => {
    const statuses: number[] = [];
    const remembering = createGatewayClient({
      baseUrl: BASE_URL,
      fetch: async (request) => {
        const response = await fetch(request);
        statuses.push(response.status);
        return response;
      },
    });
    const first = await remembering.getInstance('a');
    expect(await remembering.getInstance('a')).toBe(first);
    expect(statuses).toStrictEqual([200, 304]);
  });

  it('answer with errors as the gateway does', async () => {
    const missing = await failureOf(client.getInstance('missing', { requestId: 'mine' }));
    expect(missing).toMatchObject({ code: 'instance-not-found', status: 404, requestId: 'mine' });
    const malformed = await failureOf(client.getInstance('not..valid'));
    expect(malformed).toMatchObject({ code: 'invalid-request', status: 400 });
  });

  it('can be overruled by a test that needs a failure', async () => {
    server.use(http.get(`${BASE_URL}/instances/:id`, () => problemResponse('upstream-refused')));
    expect(await failureOf(client.getInstance('a'))).toMatchObject({ code: 'upstream-refused', status: 502 });
  });
});
