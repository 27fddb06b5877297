import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  type Emulator,
  type InstanceRecord,
  startEmulator,
} from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { KeyFile } from '../support/api-keys.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const COUNT = 257;

/** `inst-000` to `inst-256`: every fifth in group `rg-five`, every second with the tag `env:dev`, every third preset. */
function instances(count = COUNT): InstanceRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    InstanceId: idOf(index),
    InstanceName: `Bot ${index}`,
    InstanceDescription: index === 7 ? '回访 Customers' : null,
    CreatorId: 205_273_937_398_494_700n + BigInt(index),
    CreationTime: 1_600_000_000_000 - index,
    ResourceGroupId: index % 5 === 0 ? 'rg-five' : 'rg-other',
    ResourceTags: [{ Key: 'env', Value: index % 2 === 0 ? 'dev' : 'prod' }],
    IsPreset: index % 3 === 0,
  }));
}

const idOf = (index: number): string => `inst-${String(index).padStart(3, '0')}`;

interface Page {
  readonly instances: readonly { readonly instanceId: string }[];
  readonly total: number;
}

let emulator: Emulator;
let gateway: TestGateway;
const start = async (variables: Record<string, string> = {}, records = instances()): Promise<void> => {
  emulator = await startEmulator({ instances: records });
  gateway = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: emulator.endpoint, ...variables });
};
afterEach(async () => {
  await gateway.close();
  await emulator.close();
});

const get = (query = '') => gateway.http.get(`/instances${query}`);
const idsOf = ({ body }: { body: unknown }): string[] =>
  (body as Page).instances.map(({ instanceId }) => instanceId);
const listCalls = (): number => emulator.calls.countByAction('ListInstances');
/** The addresses of a `Link` field by their relations, resolved as a client does. */
const linksOf = ({ headers }: { headers: Record<string, string> }): Record<string, string> =>
  Object.fromEntries(
    [...(headers['link'] ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(([, target = '', rel = '']) => {
      const { pathname, search } = new URL(target, `${gateway.url}/instances?any=thing`);
      return [rel, pathname + search];
    }),
  );

describe('GET /instances', () => {
  it('gives each instance once over all pages, with one upstream call for a hundred instances', async () => {
    await start();
    const ids: string[] = [];
    let next: string | undefined = '/instances?pageSize=50';
    let pages = 0;
    while (next !== undefined) {
      const page: Awaited<ReturnType<typeof get>> = await gateway.http.get(next).expect(200);
      ids.push(...idsOf(page));
      next = linksOf(page)['next'];
      pages += 1;
    }
    expect(pages).toBe(6);
    expect(ids).toStrictEqual(Array.from({ length: COUNT }, (_, index) => idOf(index)));
    expect(listCalls()).toBe(3);
  });

  it('answers with the nine members of an instance, its tags and whether it is preset', async () => {
    await start();
    const { body } = await get('?id=inst-007').expect(200);
    expect(body).toStrictEqual({
      instances: [
        {
          instanceId: 'inst-007',
          instanceName: 'Bot 7',
          instanceDescription: '回访 Customers',
          maxConcurrentConversation: null,
          ownerName: null,
          creatorId: '205273937398494707',
          creatorName: null,
          creationTime: 1_599_999_999_993,
          resourceGroupId: 'rg-other',
          tags: [{ key: 'env', value: 'prod' }],
          isPreset: false,
        },
      ],
      total: 1,
      page: 1,
      pageSize: 20,
    });
  });

  it.each([
    ['?q=bot%201&pageSize=100', 1 + 10 + 100],
    ['?q=CUSTOMERS', 1],
    ['?q=%E5%9B%9E', 1],
    ['?q=INST-25', 7],
    ['?resourceGroupId=rg-five', 52],
    ['?tag=env:dev', 129],
    ['?tag=env&tag=env:prod', 128],
    ['?tag=env:dev&tag=env:prod', 0],
    ['?tag=ENV', 0],
    ['?id=inst-000,inst-256&id=inst-100,inst-000,missing', 3],
    ['?resourceGroupId=rg-five&tag=env:dev&q=inst-0', 10],
  ])('finds with %s', async (query, total) => {
    await start();
    const response = await get(query).expect(200);
    expect((response.body as Page).total).toBe(total);
  });

  it('sorts by name and by time of creation, in both directions', async () => {
    await start();
    const first = async (sort: string): Promise<string[]> => idsOf(await get(`?pageSize=2&sort=${sort}`));
    expect(await first('instanceName')).toStrictEqual(['inst-000', 'inst-001']);
    expect(await first('-instanceName')).toStrictEqual(['inst-099', 'inst-098']);
    expect(await first('creationTime')).toStrictEqual(['inst-256', 'inst-255']);
    expect(await first('-creationTime')).toStrictEqual(['inst-000', 'inst-001']);
  });

  it('makes no further upstream call for other filters, orders and pages', async () => {
    await start();
    await get();
    for (let index = 0; index < 60; index += 1) await get(`?q=${index}&sort=-instanceName`).expect(200);
    expect(listCalls()).toBe(3);
  });

  it('reads the list once for 200 callers of seven views', async () => {
    await start();
    emulator.faults.add({ kind: 'latency', ms: 50 });
    const views = [
      '',
      '?page=2',
      '?q=bot',
      '?tag=env:dev',
      '?id=inst-001',
      '?sort=creationTime',
      '?pageSize=7',
    ];
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => get(views[index % views.length])),
    );
    expect(new Set(answers.map(({ status }) => status))).toStrictEqual(new Set([200]));
    expect(listCalls()).toBe(3);
    expect(answers.filter(({ headers }) => headers['cache-status']!.endsWith('fwd=miss'))).toHaveLength(1);
  });

  it('links the first, the previous, the next and the last page with every filter', async () => {
    await start();
    const query = 'q=bot&resourceGroupId=rg-five&tag=env%3Adev&tag=env&sort=-creationTime';
    const links = linksOf(await get(`?${query}&page=2&pageSize=10`));
    expect(links).toStrictEqual({
      first: `/instances?${query}&page=1&pageSize=10`,
      prev: `/instances?${query}&page=1&pageSize=10`,
      next: `/instances?${query}&page=3&pageSize=10`,
      last: `/instances?${query}&page=3&pageSize=10`,
    });
    expect((await gateway.http.get(links['next']!).expect(200)).body).toMatchObject({ page: 3, total: 26 });
  });

  it('answers a page after the last one with an empty list', async () => {
    await start();
    const response = await get('?page=1000').expect(200);
    expect(response.body).toStrictEqual({ instances: [], total: COUNT, page: 1000, pageSize: 20 });
    expect(linksOf(response)['prev']).toBe('/instances?page=13&pageSize=20');
  });

  it('answers HEAD, and 304 to the entity tag of the same page', async () => {
    await start();
    const { headers } = await get('?page=2');
    const etag = headers['etag']!;
    // A HEAD request of superagent accepts no coding of its own accord.
    const head = await gateway.http
      .head('/instances?page=2')
      .set('accept-encoding', 'gzip, deflate')
      .expect(200);
    expect(head.headers).toMatchObject({ etag, 'content-length': headers['content-length'] });
    const notModified = await get('?page=2').set('if-none-match', etag).expect(304, '');
    expect(notModified.headers).toMatchObject({ etag, link: headers['link'] });
    await get('?page=3').set('if-none-match', etag).expect(200);
  });

  it('names every wrong and every unknown parameter at once, without an upstream call', async () => {
    await start();
    const { body, status } = await get(
      '?q=&tag=:x&id=a,,b&sort=name&page=0&pageSize=101&colour=red&toString=1',
    );
    expect([status, body.code]).toStrictEqual([400, 'invalid-request']);
    for (const name of ['q', 'tag', 'id', 'sort', 'page', 'pageSize', 'colour', 'toString'])
      expect(body.detail).toMatch(new RegExp(`(^|\\. )${name} `));
    expect(listCalls()).toBe(0);
  });

  it.each([
    'q=a&q=b',
    `q=${'x'.repeat(101)}`,
    'resourceGroupId=',
    `tag=${'x'.repeat(258)}`,
    Array.from({ length: 21 }, () => 'tag=a').join('&'),
    `id=${Array.from({ length: 101 }, (_, index) => index).join(',')}`,
    'id=a/b',
    'page=1.0',
    'page=01',
    'page=1e3',
    'page=-1',
    'page=1&page=2',
    'page=',
    'pageSize=0',
    'pageSize=0x10',
    '__proto__=1',
    'Q=a',
    'q[]=a',
  ])('answers 400 to %s', async (query) => {
    await start();
    const { body, status } = await get(`?${query}`);
    expect([status, body.code]).toStrictEqual([400, 'invalid-request']);
  });

  it('accepts the longest values', async () => {
    await start();
    const tags = Array.from({ length: 20 }, () => `tag=${'k'.repeat(128)}:${'v'.repeat(128)}`);
    await get(`?q=${encodeURIComponent('回'.repeat(100))}&${tags.join('&')}&page=999999999`).expect(200);
    await get(`?id=${Array.from({ length: 100 }, (_, index) => idOf(index)).join(',')}&pageSize=100`).expect(
      200,
    );
  });
});

describe('GET /instances of a list in an unusual form', () => {
  it('is empty if the upstream sends null', async () => {
    await start();
    emulator.faults.add({ kind: 'instance', instance: null, envelope: { Instances: null, TotalCount: 0 } });
    const { body } = await get().expect(200);
    expect(body).toStrictEqual({ instances: [], total: 0, page: 1, pageSize: 20 });
  });

  it('is read to its end from an upstream that keeps to smaller pages', async () => {
    await start();
    emulator.faults.add({ kind: 'paging', maxPageSize: 30 });
    expect((await get()).body).toMatchObject({ total: COUNT });
    expect(listCalls()).toBe(9);
  });

  it('is read to its end without a count', async () => {
    await start();
    emulator.faults.add({ kind: 'paging', omit: ['TotalCount'] });
    expect((await get()).body).toMatchObject({ total: COUNT });
    expect(listCalls()).toBe(3);
  });

  it('is read to its end from an upstream that knows no pages', async () => {
    await start();
    emulator.faults.add({
      kind: 'paging',
      ignorePageNumber: true,
      omit: ['TotalCount', 'PageNumber', 'PageSize'],
    });
    expect((await get()).body).toMatchObject({ total: COUNT });
    expect(listCalls()).toBe(2);
  });

  it('is 502 if it is longer than LIST_MAX_INSTANCES, and the log line says so', async () => {
    await start({ LIST_MAX_INSTANCES: '256' });
    expect((await get()).body).toMatchObject({ status: 502, code: 'upstream-invalid-response' });
    expect(listCalls()).toBe(1);
    await expect
      .poll(() => gateway.requestLog()[0])
      .toMatchObject({
        upstream: [{ reason: 'the list has more than 256 instances (LIST_MAX_INSTANCES)' }],
      });
  });

  it('does not keep callers from single instances, however often it is too long', async () => {
    await start({ LIST_MAX_INSTANCES: '256', UPSTREAM_BREAKER_MIN_REQUESTS: '5' });
    for (let count = 0; count < 10; count += 1) await get().expect(502);
    await gateway.http.get('/instances/inst-000').expect(200);
  });

  it('asks only for the resource group of OUTBOUNDBOT_RESOURCE_GROUP_ID', async () => {
    await start({ OUTBOUNDBOT_RESOURCE_GROUP_ID: 'rg-five' });
    expect((await get()).body).toMatchObject({ total: 52 });
    expect((await get('?resourceGroupId=rg-other')).body).toMatchObject({ total: 0 });
  });

  it('is 502 upstream-error if the upstream says that an instance does not exist', async () => {
    await start();
    emulator.faults.add({ kind: 'error', code: 'NotExist.Instance' });
    expect((await get()).body).toMatchObject({ status: 502, code: 'upstream-error' });
  });
});

describe('GET /instances when the upstream fails', () => {
  it('retries a page without reading those before it again', async () => {
    await start();
    emulator.faults.add([
      { kind: 'latency', ms: 0, times: 1 },
      { kind: 'error', code: 'InternalError', times: 2 },
    ]);
    expect((await get()).body).toMatchObject({ total: COUNT });
    expect(listCalls()).toBe(5);
  });

  it('answers with a problem that counts all calls', async () => {
    await start();
    emulator.faults.add([
      { kind: 'latency', ms: 0, times: 1 },
      { kind: 'error', code: 'InternalError' },
    ]);
    expect((await get()).body).toMatchObject({
      status: 502,
      code: 'upstream-error',
      upstream: { code: 'InternalError', attempts: 4 },
    });
  });

  it('reads all pages within one deadline', async () => {
    await start({ UPSTREAM_DEADLINE_MS: '300', UPSTREAM_ATTEMPT_TIMEOUT_MS: '200' });
    emulator.faults.add({ kind: 'latency', ms: 150 });
    expect((await get()).body).toMatchObject({ status: 504, code: 'upstream-timeout' });
  });

  it('reads no further page when all callers have left', async () => {
    await start();
    emulator.faults.add({ kind: 'latency', ms: 200 });
    const leaving = new AbortController();
    const left = fetch(`${gateway.url}/instances`, { signal: leaving.signal }).catch(() => undefined);
    await expect.poll(listCalls).toBe(1);
    leaving.abort();
    await left;
    await expect.poll(() => gateway.requestLog().length).toBe(1);
    // Time for the page that was asked for, and for one that must not be asked for.
    await delay(400);
    expect(listCalls()).toBe(1);
  });

  it('serves the old list with its age in an outage', async () => {
    await start();
    await get();
    emulator.faults.add({ kind: 'reset' });
    gateway.clock.advance(60_000);
    const { headers, body } = await get('?page=2').expect(200);
    expect(headers).toMatchObject({ age: '60', 'cache-status': 'outboundbot-gateway; fwd=stale; ttl=-56' });
    expect(body).toMatchObject({ total: COUNT });
  });
});

describe('GET /instances of a caller that may read some instances', () => {
  const file = new KeyFile();
  const keys = {
    all: file.add('all', '*'),
    some: file.add('some', 'inst-00*', 'inst-256'),
    none: file.add('none'),
  };
  beforeEach(async () => {
    file.write();
    await start({ AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path }, instances(COUNT));
  });
  const getAs = (key: keyof typeof keys, query = '') => get(query).set('x-api-key', keys[key]);

  it('counts, pages and links only those', async () => {
    const response = await getAs('some', '?pageSize=4&page=3').expect(200);
    expect(response.body).toMatchObject({ total: 11 });
    expect(idsOf(response)).toStrictEqual(['inst-008', 'inst-009', 'inst-256']);
    expect(linksOf(response)['last']).toBe('/instances?page=3&pageSize=4');
    expect(response.headers).toMatchObject({ vary: 'X-API-Key' });
    expect(response.headers['cache-control']).toMatch(/^private/);
  });

  it('leaves out the others also if they are asked for by their ids', async () => {
    expect(idsOf(await getAs('some', '?id=inst-001,inst-100'))).toStrictEqual(['inst-001']);
    expect((await getAs('some', '?q=inst-1')).body).toMatchObject({ instances: [], total: 0 });
  });

  it('is empty for a caller that may read none', async () => {
    expect((await getAs('none')).body).toStrictEqual({ instances: [], total: 0, page: 1, pageSize: 20 });
  });

  it('does not change for the caller if an instance of others changes', async () => {
    const before = await getAs('some');
    await getAs('all');
    emulator.instances.put({ InstanceId: 'inst-100', InstanceName: 'changed' });
    gateway.clock.advance(2000);
    await getAs('all').set('cache-control', 'no-cache');
    const after = await getAs('some');
    expect(after.headers['etag']).toBe(before.headers['etag']);
    expect(after.text).toBe(before.text);
  });

  it('shares one snapshot, but not one view, among callers with different access', async () => {
    const answers = await Promise.all((['all', 'some', 'none'] as const).map((key) => getAs(key)));
    expect(answers.map(({ body }) => (body as Page).total)).toStrictEqual([COUNT, 11, 0]);
    expect(listCalls()).toBe(3);
  });
});
