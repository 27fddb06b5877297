import { describe, expect, it } from 'vitest';

import type { ListedInstance } from '../../libs/gateway-client/src/index.js';
import { fakeGateway } from '../../libs/gateway-client/src/testing/index.js';
import { SAMPLE_ID, useStack } from '../support/gateway.js';

/** The headers that a client reads and that do not depend on the gateway's cache. */
const HEADERS = ['cache-control', 'content-language', 'content-type', 'x-request-id'];

/** What must be the same. An ETag is opaque, so only its form is compared. */
async function facts(response: Response, textsDiffer = false) {
  const headers = HEADERS.map((name) => [name, response.headers.get(name)]);
  const text = await response.text();
  const body = (text === '' ? null : JSON.parse(text)) as Record<string, unknown> | null;
  if (body !== null && textsDiffer) delete body['detail'];
  const upstream = body?.['upstream'] as Record<string, unknown> | undefined;
  if (upstream) upstream['requestId'] = typeof upstream['requestId'];
  const etag = /^"[^"]+"$/.test(response.headers.get('etag') ?? '');
  return { status: response.status, headers, etag, body };
}

describe('the fake gateway of the client answers as the gateway does', () => {
  const stack = useStack();

  /** Asks both, the fake one with the instances of the other. */
  async function askBoth(path: string, headers: Record<string, string> = {}) {
    const instances: ListedInstance[] = [];
    for (let page = 1; page === 1 || instances.length % 100 === 0; page += 1) {
      const response = await fetch(`${stack.gateway.url}/instances?pageSize=100&page=${page}`);
      const found = (await response.json()) as { instances: ListedInstance[] };
      if (found.instances.length === 0) break;
      instances.push(...found.instances);
    }
    const fake = fakeGateway({ instances });
    const ask = () =>
      new Request(`${stack.gateway.url}${path}`, { headers: { 'X-Request-Id': 'R1', ...headers } });
    return { real: await fetch(ask()), fake: await fake(ask()) };
  }

  it.each([
    [`/instances/${SAMPLE_ID}`],
    ['/instances/missing'],
    ['/instances/not..valid'],
    ['/instances/a%20b'],
    ['/instances'],
    ['/instances?page=2&pageSize=7'],
    ['/instances?page=999'],
    ['/instances?sort=instanceName&pageSize=100'],
    ['/instances?sort=-instanceName&pageSize=100'],
    ['/instances?sort=creationTime&pageSize=100'],
    ['/instances?sort=-creationTime&pageSize=100'],
    ['/instances?q=%E5%9B%9E%E8%AE%BF'],
    ['/instances?q=A&sort=creationTime'],
    ['/instances?resourceGroupId=rg-acfm3iugit3uw7a'],
    ['/instances?tag=age'],
    ['/instances?tag=age:20'],
    ['/instances?tag=age:20&tag=env'],
    [`/instances?id=${SAMPLE_ID},missing&id=af81a389-91f0-4157-8d82-720edd02b66a`],
  ])('to %s', async (path) => {
    const { real, fake } = await askBoth(path);
    expect(await facts(fake)).toStrictEqual(await facts(real));
  });

  it.each([
    ['/instances?owner=me'],
    ['/instances?page=0'],
    ['/instances?page=01'],
    ['/instances?page=1&page=2'],
    ['/instances?page=1000000000'],
    ['/instances?pageSize=0'],
    ['/instances?pageSize=100'],
    ['/instances?pageSize=101'],
    ['/instances?q='],
    [`/instances?q=${'x'.repeat(101)}`],
    ['/instances?q=a&q=b'],
    ['/instances?resourceGroupId='],
    ['/instances?sort=ownerName'],
    ['/instances?sort=toString'],
    ['/instances?tag=:value'],
    [`/instances?${'tag=a&'.repeat(21)}`],
    ['/instances?id='],
    ['/instances?id=a,,b'],
    [`/instances?id=${'a,'.repeat(100)}a`],
    ['/nothing'],
    ['/instances/'],
  ])('to %s, but for the text of the detail', async (path) => {
    const { real, fake } = await askBoth(path);
    expect(await facts(fake, true)).toStrictEqual(await facts(real, true));
  });

  it.each([
    ['the ETag', (etag: string) => etag],
    ['a weak ETag', (etag: string) => `W/${etag}`],
    ['the ETag of a compressed copy', (etag: string) => etag.replace(/(-br|-gzip)?"$/, '-gzip"')],
    ['a list with the ETag', (etag: string) => `"other", ${etag}`],
    ['any ETag', () => '*'],
  ])('to a request with %s of the answer: 304 without a body', async (_name, ifNoneMatch) => {
    const first = await askBoth('/instances');
    const etagOf = ({ headers }: Response) => ({ 'If-None-Match': ifNoneMatch(headers.get('ETag')!) });
    const { real } = await askBoth('/instances', etagOf(first.real));
    const { fake } = await askBoth('/instances', etagOf(first.fake));
    expect(real.status).toBe(304);
    expect(await facts(fake)).toStrictEqual(await facts(real));
  });
});
