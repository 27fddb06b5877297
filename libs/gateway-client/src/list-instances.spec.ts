import { describe, expect, it } from 'vitest';

import { createGatewayClient, type GatewayClientOptions } from './create-gateway-client.js';
import type { GatewayError } from './gateway-error.js';
import type { ListQuery } from './list-query.js';
import { FakeClock } from './test-support/fake-clock.js';
import { answer, INSTANCE, page, problem, useScriptedServer } from './test-support/scripted-server.js';

const server = useScriptedServer();

const start = (options: Partial<GatewayClientOptions> = {}) =>
  createGatewayClient({ baseUrl: server.url, clock: new FakeClock(), random: () => 0.5, ...options });

/** The error that a call rejects with. */
const failureOf = (call: Promise<unknown>): Promise<GatewayError> =>
  call.then(
    () => expect.unreachable('The call did not fail.'),
    (error: unknown) => error as GatewayError,
  );

const sentUrls = () => server.requests.map(({ url }) => url);
const sent = (header: string) => server.requests.map(({ headers }) => headers[header]);

const LISTED = { ...INSTANCE, tags: [{ key: 'age', value: '20' }], isPreset: false };

describe('listInstances', () => {
  it('returns a page of instances, frozen with everything in it', async () => {
    server.script = [page([LISTED], { total: 42 })];
    const list = await start().listInstances();
    expect(list).toStrictEqual({ instances: [LISTED], total: 42, page: 1, pageSize: 20 });
    const [instance] = list.instances;
    for (const part of [list, list.instances, instance, instance!.tags, instance!.tags[0]]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(server.requests).toMatchObject([{ url: '/instances', headers: { accept: 'application/json' } }]);
  });

  it.each<[ListQuery, string]>([
    [{}, '/instances'],
    [{ q: undefined, tags: undefined, ids: undefined }, '/instances'],
    [{ tags: [] }, '/instances'],
    [{ q: '回访 & more?#' }, '/instances?q=%E5%9B%9E%E8%AE%BF%20%26%20more%3F%23'],
    [{ q: '' }, '/instances?q='],
    [{ resourceGroupId: 'rg-acfm3iugit3uw7a' }, '/instances?resourceGroupId=rg-acfm3iugit3uw7a'],
    [{ tags: ['env', 'team:a,b'] }, '/instances?tag=env&tag=team%3Aa%2Cb'],
    [{ ids: ['a', 'b&c'] }, '/instances?id=a,b%26c'],
    [{ sort: '-creationTime' }, '/instances?sort=-creationTime'],
    [{ pageSize: 100, page: 3 }, '/instances?page=3&pageSize=100'],
  ])('sends the query %j as %s', async (query, url) => {
    server.script = [page([])];
    await start().listInstances(query);
    expect(sentUrls()).toStrictEqual([url]);
  });

  it.each<[string, ListQuery]>([
    ['a member that it does not have', { tag: 'a' } as ListQuery],
    ['an empty list of ids, which would list every instance', { ids: [] }],
    ['an id with a comma, which would be two ids', { ids: ['a,b'] }],
    ['an empty id', { ids: ['a', ''] }],
    ['a text that a URL cannot carry', { q: '\ud800' }],
    ['a tag that a URL cannot carry', { tags: ['a:\udfff'] }],
  ])('rejects %s without a request', async (_, query) => {
    const error = await failureOf(start().listInstances(query));
    expect(error).toMatchObject({ name: 'GatewayError', code: 'invalid-request', status: null });
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    ['an instance', INSTANCE],
    ['JSON null', null],
    ['a list without a page', [LISTED]],
    ['no list of instances', { instances: null, total: 0, page: 1, pageSize: 20 }],
    ['something else in the list', { instances: [null], total: 1, page: 1, pageSize: 20 }],
    ['an instance without an id', { instances: [{ tags: [] }], total: 1, page: 1, pageSize: 20 }],
    ['an instance without tags', { instances: [INSTANCE], total: 1, page: 1, pageSize: 20 }],
    [
      'an instance with tags of another shape',
      { instances: [{ ...LISTED, tags: ['age'] }], total: 1, page: 1, pageSize: 20 },
    ],
    ['a total that is not a number', { instances: [], total: '0', page: 1, pageSize: 20 }],
    ['no page size', { instances: [], total: 0, page: 1 }],
  ])('rejects with unexpected-answer for %s', async (_, body) => {
    server.script = [answer(200, { 'content-type': 'application/json' }, JSON.stringify(body))];
    expect(await failureOf(start().listInstances())).toMatchObject({
      code: 'unexpected-answer',
      status: 200,
    });
  });

  it('rejects with the error that the gateway sends', async () => {
    server.script = [problem(400, { code: 'invalid-request', detail: 'sort is not valid.' })];
    expect(await failureOf(start().listInstances({ sort: 'x' as never }))).toMatchObject({
      code: 'invalid-request',
      status: 400,
      detail: 'sort is not valid.',
    });
  });

  it('rejects with the reason of a signal that is already aborted, before any other check', async () => {
    const reason = new Error('enough');
    const options = { signal: AbortSignal.abort(reason) };
    expect(await failureOf(start().listInstances({ ids: [] }, options))).toBe(reason);
  });

  it('sends the credentials and the request id, and retries as getInstance does', async () => {
    server.script = [problem(503, { code: 'overloaded' }, { 'retry-after': '1' }), page([])];
    await start({ apiKey: 'key' }).listInstances({}, { requestId: 'mine' });
    expect(sent('x-api-key')).toStrictEqual(['key', 'key']);
    expect(sent('x-request-id')).toStrictEqual(['mine', 'mine']);
  });
});

describe('the memory of lists', () => {
  const tagged = (etag: string, total = 0) => page([], { total }, { etag });

  it('returns a remembered page on a 304', async () => {
    server.script = [tagged('"1"'), answer(304)];
    const client = start();
    const first = await client.listInstances({ q: 'x' });
    expect(await client.listInstances({ q: 'x' })).toBe(first);
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"']);
  });

  it('keeps pages with different queries apart', async () => {
    server.script = [tagged('"1"')];
    const client = start();
    for (const query of [{}, { page: 2 }, { page: 2, q: 'x' }]) await client.listInstances(query);
    expect(sent('if-none-match')).toStrictEqual([undefined, undefined, undefined]);
  });

  it('replaces a remembered page by a newer one', async () => {
    server.script = [tagged('"1"'), tagged('"2"', 7), answer(304)];
    const client = start();
    await client.listInstances();
    await client.listInstances();
    expect(await client.listInstances()).toMatchObject({ total: 7 });
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"', '"2"']);
  });

  it('has one limit for instances and pages together', async () => {
    const instance = answer(200, { etag: '"i"' }, JSON.stringify(INSTANCE));
    server.script = [instance, tagged('"1"'), tagged('"2"'), instance];
    const client = start({ maxRemembered: 2 });
    await client.getInstance('abc');
    await client.listInstances();
    await client.listInstances({ page: 2 });
    await client.getInstance('abc');
    expect(sent('if-none-match')).toStrictEqual([undefined, undefined, undefined, undefined]);
  });

  it('forgets a page after a 403', async () => {
    server.script = [tagged('"1"'), problem(403, { code: 'forbidden' }), tagged('"1"')];
    const client = start();
    await client.listInstances();
    await failureOf(client.listInstances());
    await client.listInstances();
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"', undefined]);
  });
});
