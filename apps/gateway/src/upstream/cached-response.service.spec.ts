import { found, Freshness, ReadThroughCache, TieredStore } from '@app/http-cache';
import type { CallRecord } from '@app/outboundbot-client';
import type { Callers } from '@app/resilience';
import { FakeClock } from '@app/resilience/testing';
import fastify, { type FastifyInstance } from 'fastify';
import supertest from 'supertest';
import { afterEach, expect, it } from 'vitest';

import { ANONYMOUS, Credentials } from '../access/credentials.js';
import { CACHE_KINDS } from './cache-key.js';
import { CachedResponseService } from './cached-response.service.js';
import type { Operation } from './operation.js';
import type { UpstreamFailure, UpstreamService } from './upstream.service.js';
import { ViewCache } from './view-cache.js';

const FRESHNESS = new Freshness({
  freshMs: 5000,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  notFoundMs: 0,
});

const BOUNDS = { maxEntries: 10, maxBytes: 100_000 };

/** Reads the list of all numbers below ten. */
const listNumbers: Operation<object, number[], number[]> = {
  action: { name: 'ListNumbers', kind: 'list', ramActions: [], parameters: () => ({}), decode: () => [] },
  cacheKey: () => 'all',
  toDto: (numbers) => numbers,
};

let server: FastifyInstance;
afterEach(() => server.close());

/** Serves the numbers that are divisible by the one in the query. */
async function serveViews(freshness = FRESHNESS) {
  /** For which caller each fetch was made. */
  const flows: string[] = [];
  const upstream = {
    fetch: (_operation: unknown, _query: unknown, { first }: Callers) => {
      flows.push(first.flow);
      return Promise.resolve({ result: found(JSON.stringify([...Array(10).keys()]), 0), calls: [] });
    },
  } as unknown as UpstreamService;
  const clock = new FakeClock();
  const cache = new ReadThroughCache<UpstreamFailure, CallRecord>(
    new TieredStore(BOUNDS, CACHE_KINDS, freshness, clock),
    freshness,
    {
      deadlineMs: 1000,
      minRevalidateMs: 0,
      onRefreshFailed: () => undefined,
      onRefreshCrashed: () => undefined,
    },
    clock,
  );
  const responses = new CachedResponseService(
    cache,
    upstream,
    new ViewCache(BOUNDS),
    new Credentials(),
    freshness,
  );
  server = fastify();
  server.get<{ Querystring: { by: string } }>('/', async (request, reply) => {
    const id = request.headers['x-caller'];
    if (typeof id === 'string') request.caller = { ...ANONYMOUS, id };
    const by = Number(request.query.by);
    await responses.send(listNumbers, {}, request, reply, {
      name: `by ${by}`,
      of: (all) => ({ body: all.filter((each) => each % by === 0), headers: { 'x-by': String(by) } }),
    });
    return reply;
  });
  return { http: supertest(await server.listen()), flows, clock };
}

it('makes each view from one cache entry, with an entity tag of its own', async () => {
  const { http, flows } = await serveViews();
  const threes = await http.get('/?by=3').expect(200, [0, 3, 6, 9]);
  const fours = await http.get('/?by=4').expect(200, [0, 4, 8]);
  expect(flows).toHaveLength(1);
  expect(threes.headers['etag']).not.toBe(fours.headers['etag']);
});

it('answers 304 to the entity tag of the same view, and 200 to that of another one', async () => {
  const { http } = await serveViews();
  const { headers } = await http.get('/?by=3');
  const ifNoneMatch = { 'if-none-match': headers['etag']! };
  await http.get('/?by=3').set(ifNoneMatch).expect(304, '');
  await http.get('/?by=4').set(ifNoneMatch).expect(200, [0, 4, 8]);
});

it('fetches in the name of the caller that started the fetch, also in the background', async () => {
  const { http, flows, clock } = await serveViews(
    new Freshness({ freshMs: 5000, staleWhileRevalidateMs: 5000, staleIfErrorMs: 0, notFoundMs: 0 }),
  );
  await http.get('/?by=3').set('x-caller', 'key:first').expect(200);
  clock.advance(6000);
  await http.get('/?by=3').set('x-caller', 'key:second').expect(200);
  clock.advance(6000);
  await http.get('/?by=3').expect(200);
  expect(flows).toStrictEqual(['key:first', 'key:second', 'address:127.0.0.1']);
});
