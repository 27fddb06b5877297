import { afterAll, describe, expect, it } from 'vitest';

import {
  createGatewayClient,
  type GatewayClientOptions,
  GatewayError,
  type ListQuery,
} from '../../libs/gateway-client/src/index.js';
import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, SAMPLE_INSTANCE, UNCACHED, useStack } from '../support/gateway.js';

const failureOf = (reading: Promise<unknown>): Promise<unknown> =>
  reading.then(
    () => expect.unreachable('The call must fail.'),
    (error: unknown) => error,
  );

describe('the gateway client', () => {
  const stack = useStack(UNCACHED);

  /** A client, and the statuses of the answers that it received. */
  function start(options: Partial<GatewayClientOptions> = {}) {
    const statuses: number[] = [];
    const client = createGatewayClient({
      baseUrl: stack.gateway.url,
      fetch: async (request) => {
        const response = await fetch(request);
        statuses.push(response.status);
        return response;
      },
      ...options,
    });
    return { client, statuses };
  }

  it('reads an instance and sends the given request id', async () => {
    const { client } = start();
    const instance = await client.getInstance(SAMPLE_ID, { requestId: 'from-the-client' });
    expect(instance).toStrictEqual(SAMPLE_INSTANCE);
    await expect
      .poll(() => stack.gateway.requestLog().map(({ requestId }) => requestId))
      .toContain('from-the-client');
  });

  it('revalidates an instance and downloads it again only when it has changed', async () => {
    const { client, statuses } = start();
    const first = await client.getInstance(SAMPLE_ID);
    expect(await client.getInstance(SAMPLE_ID)).toBe(first);
    stack.emulator.instances.put({ InstanceId: SAMPLE_ID, InstanceName: 'renamed' });
    expect(await client.getInstance(SAMPLE_ID)).toMatchObject({ instanceName: 'renamed' });
    expect(await client.getInstance(SAMPLE_ID)).toMatchObject({ instanceName: 'renamed' });
    expect(statuses).toStrictEqual([200, 304, 200, 304]);
  });

  it('rejects with instance-not-found for a deleted instance and forgets its entity tag', async () => {
    const { client, statuses } = start();
    await client.getInstance(SAMPLE_ID);
    stack.emulator.instances.delete(SAMPLE_ID);
    expect(await failureOf(client.getInstance(SAMPLE_ID))).toMatchObject({
      name: 'GatewayError',
      code: 'instance-not-found',
      status: 404,
      upstream: { code: 'NotExist.Instance', attempts: 1 },
    });
    stack.emulator.reset();
    await client.getInstance(SAMPLE_ID);
    expect(statuses).toStrictEqual([200, 404, 200]);
  });

  it("rejects with the upstream's code and request id when the upstream fails", async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError' });
    const { client, statuses } = start();
    const error = await failureOf(client.getInstance(SAMPLE_ID, { requestId: 'failing' }));
    expect(error).toBeInstanceOf(GatewayError);
    const [call] = stack.emulator.calls.list().slice(-1);
    expect(error).toMatchObject({
      code: 'upstream-error',
      status: 502,
      requestId: 'failing',
      retryAfterMs: null,
      upstream: { code: 'InternalError', requestId: call!.requestId, attempts: 3 },
    });
    expect(statuses).toStrictEqual([502]);
  });

  it('waits for the Retry-After of a 503 and a random time more, and then retries', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'Throttling.User', retryAfter: '7000', times: 1 });
    const slept: number[] = [];
    const clock = {
      now: () => Date.now(),
      sleep: (ms: number) => Promise.resolve(void slept.push(ms)),
      startTimer: () => () => undefined,
    };
    const { client, statuses } = start({ clock, maxRetryDelayMs: 10_000, random: () => 0.5 });
    expect(await client.getInstance(SAMPLE_ID)).toMatchObject({ instanceId: SAMPLE_ID });
    expect(statuses).toStrictEqual([503, 200]);
    expect(slept).toStrictEqual([7700]);
  });

  it.each(['not..valid', 'a/b', '實例', 'x'.repeat(65)])(
    'rejects with invalid-request for the id %s',
    async (id) => {
      const error = await failureOf(start().client.getInstance(id));
      expect(error).toMatchObject({ code: 'invalid-request', status: 400 });
    },
  );

  it('rejects with the reason of an aborted signal', async () => {
    stack.emulator.faults.add({ kind: 'hang' });
    const controller = new AbortController();
    const reading = failureOf(start().client.getInstance(SAMPLE_ID, { signal: controller.signal }));
    await expect.poll(() => stack.emulator.calls.count()).toBe(1);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await reading).toBe(reason);
  });
});

describe('the gateway client on a gateway with a cache', () => {
  const stack = useStack({ CACHE_FRESH_MS: '5000', CACHE_MIN_REVALIDATE_MS: '0' });
  const start = (options: Partial<GatewayClientOptions> = {}) =>
    createGatewayClient({ baseUrl: stack.gateway.url, ...options });
  // The cache outlives a test, so each test reads instances of its own.
  const put = (id: string, name: string): void => {
    stack.emulator.instances.put({ InstanceId: id, InstanceName: name });
  };

  it('lets the gateway answer an ordinary read from its cache, and a fresh read makes it ask the service', async () => {
    const client = start();
    put('fresh', 'first');
    expect(await client.getInstance('fresh')).toMatchObject({ instanceName: 'first' });
    put('fresh', 'second');
    expect(await client.getInstance('fresh')).toMatchObject({ instanceName: 'first' });
    expect(await client.getInstance('fresh', { fresh: true })).toMatchObject({ instanceName: 'second' });
    expect(await client.getInstance('fresh')).toMatchObject({ instanceName: 'second' });
  });

  it('does the same for lists', async () => {
    const client = start();
    const count = async (fresh: boolean) =>
      (await client.listInstances({ q: 'fresh-list' }, { fresh })).total;
    expect(await count(true)).toBe(0);
    put('fresh-list-1', 'new');
    expect(await count(false)).toBe(0);
    expect(await count(true)).toBe(1);
    expect(await count(false)).toBe(1);
  });

  it('says how old an answer is, and whether it is stale', async () => {
    const client = start();
    put('aging', 'first');
    const { facts } = await client.getInstanceWithFacts('aging', { requestId: 'mine' });
    expect(facts).toStrictEqual({ ageS: 0, stale: false, requestId: 'mine', remaining: null });
    stack.gateway.clock.advance(8000);
    stack.emulator.faults.add({ kind: 'hang', action: 'DescribeInstance' });
    const later = await client.getInstanceWithFacts('aging');
    expect(later.facts).toMatchObject({ ageS: 8, stale: true });
  });

  it('finds instances by every filter, in the order asked for', async () => {
    const client = start();
    for (const [index, name] of ['Beta', 'alpha', 'Gamma'].entries()) {
      stack.emulator.instances.put({
        InstanceId: `filtered-${index}`,
        InstanceName: name,
        ResourceGroupId: 'rg-filtered',
        ResourceTags: [{ Key: 'env', Value: index === 0 ? 'test' : 'prod' }],
      });
    }
    const idsOf = async (query: ListQuery) =>
      (await client.listInstances(query, { fresh: true })).instances.map(({ instanceId }) => instanceId);
    expect(await idsOf({ resourceGroupId: 'rg-filtered', tags: ['env:prod'] })).toStrictEqual([
      'filtered-1',
      'filtered-2',
    ]);
    expect(await idsOf({ q: 'ALPHA', resourceGroupId: 'rg-filtered' })).toStrictEqual(['filtered-1']);
    expect(await idsOf({ ids: ['filtered-2', 'missing', 'filtered-0'], sort: 'instanceName' })).toStrictEqual(
      ['filtered-0', 'filtered-2'],
    );
    expect(
      await idsOf({ tags: ['env'], resourceGroupId: 'rg-filtered', pageSize: 1, page: 3 }),
    ).toStrictEqual(['filtered-2']);
  });

  it('iterates over all instances, each of them once', async () => {
    const ids: string[] = [];
    for await (const { instanceId } of start().iterateInstances({ pageSize: 7 }, { fresh: true })) {
      ids.push(instanceId);
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain(SAMPLE_ID);
    expect(ids).toHaveLength((await start().listInstances()).total);
  });

  it('rejects with invalid-request for a query that the gateway does not accept', async () => {
    const error = await failureOf(start().listInstances({ pageSize: 101 }));
    expect(error).toMatchObject({ code: 'invalid-request', status: 400 });
  });
});

describe('the gateway client with an API key', () => {
  const file = new KeyFile();
  const key = file.add('web', SAMPLE_ID);
  const narrow = file.add('narrow', 'other-*');
  file.write();
  const stack = useStack({ AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path });
  afterAll(() => {
    file.delete();
  });

  it('does not answer a request with another key from the cached answer of the first key', async () => {
    let apiKey: string | undefined = key;
    const client = createGatewayClient({ baseUrl: stack.gateway.url, apiKey: () => apiKey });
    await client.getInstance(SAMPLE_ID);
    apiKey = narrow;
    expect(await failureOf(client.getInstance(SAMPLE_ID))).toMatchObject({ code: 'forbidden', status: 403 });
    apiKey = undefined;
    expect(await failureOf(client.getInstance(SAMPLE_ID))).toMatchObject({
      code: 'unauthenticated',
      status: 401,
    });
    apiKey = key;
    expect(await client.getInstance(SAMPLE_ID)).toMatchObject({ instanceId: SAMPLE_ID });
  });

  it('lists only the instances of the key', async () => {
    const client = createGatewayClient({ baseUrl: stack.gateway.url, apiKey: key });
    expect(await client.listInstances()).toMatchObject({ total: 1, instances: [{ instanceId: SAMPLE_ID }] });
  });

  it('answers parallel calls with different keys each by the rights of its own key', async () => {
    const keys = [key, narrow];
    const client = createGatewayClient({ baseUrl: stack.gateway.url, apiKey: () => keys.shift() });
    const first = client.listInstances();
    const second = client.listInstances();
    expect((await first).total).toBe(1);
    expect((await second).total).toBe(0);
  });
});
