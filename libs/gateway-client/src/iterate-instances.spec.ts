import { describe, expect, it } from 'vitest';

import { createGatewayClient } from './create-gateway-client.js';
import type { ListedInstance } from './instance-page.js';
import { FakeClock } from './test-support/fake-clock.js';
import { hangUp, INSTANCE, page, problem, useScriptedServer } from './test-support/scripted-server.js';

const server = useScriptedServer();

const start = () => createGatewayClient({ baseUrl: server.url, clock: new FakeClock(), apiKey: 'key' });

/** The instances `first` to `last`. */
const listed = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => ({
    ...INSTANCE,
    instanceId: `i${first + index}`,
    tags: [],
    isPreset: false,
  }));

async function collect(instances: AsyncIterable<ListedInstance>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { instanceId } of instances) ids.push(instanceId);
  return ids;
}

const sentUrls = () => server.requests.map(({ url }) => url);

describe('iterateInstances', () => {
  it('yields the instances of all pages in their order', async () => {
    const facts = { total: 5, pageSize: 2 };
    server.script = [
      page(listed(1, 2), { ...facts, page: 1 }),
      page(listed(3, 4), { ...facts, page: 2 }),
      page(listed(5, 5), { ...facts, page: 3 }),
    ];
    const ids = await collect(start().iterateInstances({ q: 'x', pageSize: 2 }));
    expect(ids).toStrictEqual(['i1', 'i2', 'i3', 'i4', 'i5']);
    expect(sentUrls()).toStrictEqual([
      '/instances?q=x&page=1&pageSize=2',
      '/instances?q=x&page=2&pageSize=2',
      '/instances?q=x&page=3&pageSize=2',
    ]);
  });

  it('asks for pages of 100 and does not ask for a page after the last one', async () => {
    server.script = [page(listed(1, 100), { total: 100, pageSize: 100 })];
    expect(await collect(start().iterateInstances())).toHaveLength(100);
    expect(sentUrls()).toStrictEqual(['/instances?page=1&pageSize=100']);
  });

  it('ends at an empty page, although there should be more instances', async () => {
    server.script = [page(listed(1, 2), { total: 10, pageSize: 2 }), page([], { total: 10, pageSize: 2 })];
    expect(await collect(start().iterateInstances({ pageSize: 2 }))).toStrictEqual(['i1', 'i2']);
    expect(server.requests).toHaveLength(2);
  });

  it('yields nothing if there is no instance', async () => {
    server.script = [page([])];
    expect(await collect(start().iterateInstances())).toStrictEqual([]);
  });

  it('reads a page only when the loop needs it', async () => {
    server.script = [
      page(listed(1, 2), { total: 4, pageSize: 2 }),
      page(listed(3, 4), { total: 4, pageSize: 2 }),
    ];
    const instances = start().iterateInstances({ pageSize: 2 });
    expect(server.requests).toHaveLength(0);
    for await (const { instanceId } of instances) if (instanceId === 'i2') break;
    expect(server.requests).toHaveLength(1);
  });

  it('retries a page, sends the credentials with each page and rejects with the error of a page', async () => {
    server.script = [
      page(listed(1, 1), { total: 3, pageSize: 1 }),
      hangUp,
      page(listed(2, 2), { total: 3, pageSize: 1 }),
      problem(401, { code: 'unauthenticated' }),
    ];
    const ids: string[] = [];
    const loop = async (): Promise<void> => {
      for await (const { instanceId } of start().iterateInstances({ pageSize: 1 })) ids.push(instanceId);
    };
    await expect(loop()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(ids).toStrictEqual(['i1', 'i2']);
    expect(server.requests.map(({ headers }) => headers['x-api-key'])).toStrictEqual(Array(4).fill('key'));
  });

  it.each([
    ['during a page', 'i1', ['i1']],
    ['between two pages', 'i2', ['i1', 'i2']],
  ])('rejects with the reason of a signal that aborts %s', async (_, last, expected) => {
    server.script = [page(listed(1, 2), { total: 4, pageSize: 2 })];
    const controller = new AbortController();
    const reason = new Error('enough');
    const ids: string[] = [];
    const loop = async (): Promise<void> => {
      const options = { signal: controller.signal };
      for await (const { instanceId } of start().iterateInstances({ pageSize: 2 }, options)) {
        ids.push(instanceId);
        if (instanceId === last) controller.abort(reason);
      }
    };
    await expect(loop()).rejects.toBe(reason);
    expect(ids).toStrictEqual(expected);
    expect(server.requests).toHaveLength(1);
  });

  it('asks the service again for the first page alone, because the other pages must be of the same list', async () => {
    server.script = [
      page(listed(1, 1), { total: 2, pageSize: 1 }),
      page(listed(2, 2), { total: 2, pageSize: 1 }),
    ];
    await collect(start().iterateInstances({ pageSize: 1 }, { fresh: true }));
    expect(server.requests.map(({ headers }) => headers['cache-control'])).toStrictEqual([
      'no-cache',
      undefined,
    ]);
  });
});
