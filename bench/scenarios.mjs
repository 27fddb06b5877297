import { CACHE_CONTROL, HOT, LIST } from './servers.mjs';

/** Requests at this rate for this many seconds; see load-client.mjs for the members. */
const openLoop = (rate, seconds, path, ids) => ({ rate, count: rate * seconds, path, ids });

/**
 * With these short times, an outage of a few seconds lasts longer than an entry is fresh or refreshed in the
 * background.
 */
const SHORT_FRESHNESS = { CACHE_FRESH_MS: '1000', CACHE_STALE_WHILE_REVALIDATE_MS: '2000' };

/**
 * `capacity` scenarios keep their servers over all rounds and load them twice: without a pause, to measure requests per
 * second, and at a fixed rate, to measure latency. `fault` scenarios give each server the same requests at the same
 * rate while the upstream has a fault, and restart the server in each round.
 */
export const SCENARIOS = [
  {
    name: 'hot-hit',
    kind: 'capacity',
    title: 'Hot hit',
    contenders: [
      ...['gateway', 'gateway-304', 'gateway-rate-limit', 'gateway-key', 'gateway-jwt'],
      ...['node-http', 'nest-fastify', 'nginx', 'varnish', 'fastify-caching', 'undici-cache'],
      ...['fastify-sdk', 'nest-express'],
    ],
    rounds: 5,
    // Only undici's cache reads this.
    faults: { cacheControl: CACHE_CONTROL },
    requests: { path: HOT, ids: 1 },
    rate: 2000,
  },
  {
    name: 'uncached',
    kind: 'capacity',
    title: 'Uncached',
    contenders: ['gateway', 'bare-sdk', 'fastify-sdk', 'nest-express'],
    rounds: 5,
    requests: { path: '/instances/', ids: 0 },
    rate: 2000,
  },
  {
    name: 'list-hot',
    kind: 'capacity',
    title: 'Hot page out of 1,000',
    contenders: ['gateway', 'gateway-limited'],
    rounds: 5,
    faults: { instances: 1000 },
    requests: { path: LIST, ids: 1 },
    rate: 2000,
  },
  {
    name: 'list-hot-10000',
    kind: 'capacity',
    title: 'Hot page out of 10,000',
    contenders: ['gateway'],
    rounds: 3,
    faults: { instances: 10_000 },
    requests: { path: LIST, ids: 1 },
    rate: 2000,
  },
  {
    name: 'list-cold',
    kind: 'capacity',
    title: 'Cold list of 1,000',
    contenders: ['gateway'],
    rounds: 3,
    faults: { instances: 1000 },
    variables: { CACHE_MIN_REVALIDATE_MS: '0' },
    // There is one connection, because requests at the same time would share the upstream calls.
    requests: { path: LIST, ids: 1, headers: { 'cache-control': 'no-cache' }, connections: 1 },
    rate: 10,
  },
  {
    name: 'list-filter',
    kind: 'capacity',
    title: 'Filter over 10,000',
    contenders: ['gateway'],
    rounds: 3,
    faults: { instances: 10_000 },
    // The texts differ, so the gateway can reuse no view. No instance contains one, so it searches them all.
    requests: { path: `${LIST}?q=`, ids: 0 },
    rate: 20,
  },
  {
    name: 'stampede',
    kind: 'fault',
    title: 'Cold stampede',
    contenders: ['gateway', 'nest-express'],
    rounds: 5,
    faults: { serviceMs: 50 },
    load: { rate: 0, count: 500, path: '/instances/cold', ids: 1, connections: 500 },
  },
  {
    name: 'internal-error',
    kind: 'fault',
    title: '10% InternalError',
    contenders: ['gateway', 'nest-express'],
    rounds: 3,
    faults: { errorRatio: 0.1, serviceMs: 5 },
    load: openLoop(300, 4, '/instances/e', 0),
  },
  {
    name: 'outage-known',
    kind: 'fault',
    title: 'Outage, known ids',
    contenders: ['gateway', 'nest-express'],
    rounds: 3,
    faults: { down: true },
    variables: SHORT_FRESHNESS,
    knownIds: 100,
    load: { ...openLoop(200, 6, '/instances/known', 100), settleMs: 3000 },
  },
  {
    name: 'outage-unknown',
    kind: 'fault',
    title: 'Outage, unknown ids',
    contenders: ['gateway', 'nest-express'],
    rounds: 3,
    faults: { down: true },
    variables: SHORT_FRESHNESS,
    // Requests are counted after the breaker has opened.
    load: { ...openLoop(200, 6, '/instances/o', 0), settleMs: 3000 },
  },
  {
    name: 'overload',
    kind: 'fault',
    title: 'Ten times the upstream’s capacity',
    contenders: ['gateway', 'nest-express'],
    rounds: 2,
    faults: { places: 5, serviceMs: 50 },
    load: { ...openLoop(1000, 7, '/instances/q', 0), connections: 8000 },
  },
  { name: 'weight', kind: 'weight', contenders: ['gateway', 'nest-express'], rounds: 5 },
];
