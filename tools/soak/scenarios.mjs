// What callers ask for, and what they may get.
import { hotIds, tailIds } from './instances.mjs';

const READ = [200, 304];

/**
 * Each gives a request: `path`, `method` and `headers` unless usual, the `statuses` that are right, and if it reads an
 * instance which `id`, and whether it is `hot`: read so often that a copy is always at hand. Whatever is asked of the
 * `upstream` may fail as the upstream does, within the error budget.
 */
const SCENARIOS = [
  { weight: 40, make: (random) => hot(random) },
  { weight: 5, make: (random) => ({ ...hot(random), method: 'HEAD' }) },
  { weight: 15, make: (random) => ({ ...hot(random), conditional: true }) },
  { weight: 15, make: (random) => tail(random) },
  { weight: 2, make: (random) => ({ ...tail(random), conditional: true }) },
  { weight: 3, make: (random) => missing(random) },
  { weight: 2, make: (random) => ({ path: `/instances/${malformed(random)}`, statuses: [400] }) },
  { weight: 2, make: (random) => refused(random, 401, { headers: { 'x-api-key': 'no-such-key' } }) },
  { weight: 1, make: (random) => refused(random, 401, { headers: { 'x-api-key': '' } }) },
  { weight: 1, make: (random) => ({ ...hot(random), key: 'limited' }) },
  { weight: 2, make: (random) => ({ path: tail(random).path, key: 'limited', statuses: [403] }) },
  { weight: 1, make: (random) => refused(random, 406, { headers: { accept: 'text/html' } }) },
  { weight: 1, make: (random) => refused(random, 405, { method: 'POST' }) },
  { weight: 1, make: (random) => refused(random, 204, { method: 'OPTIONS' }) },
  { weight: 2, make: (random) => ({ path: `/no-such-route/${random.below(1000)}`, statuses: [404] }) },
  { weight: 1, make: (random) => page(random, '/problems', '/problems/upstream-error') },
  {
    weight: 1,
    make: (random) => ({ ...page(random, '/problems/overloaded'), headers: { accept: 'text/html' } }),
  },
  { weight: 1, make: (random) => page(random, '/docs', '/docs/swagger-ui.css') },
  { weight: 0.5, make: (random) => page(random, '/openapi.json', '/openapi.yaml') },
  { weight: 1, make: (random) => page(random, '/health/live') },
  { weight: 2, make: (random) => ({ ...tail(random), hangsUp: true }) },
  { weight: 1, make: (random) => ({ ...missing(random), hangsUp: true }) },
  { weight: 0.5, make: () => ({ path: '/docs/swagger-ui-bundle.js', statuses: [200], hangsUp: true }) },
];

/** One of them, with a connection of its own now and then. */
export function anyRequest(random) {
  const request = random.weighted(SCENARIOS).make(random);
  return {
    ...request,
    ownConnection: random.chance(0.1),
    ...(request.hangsUp ? { hangsUpAfterMs: random.between(0, 30) } : {}),
  };
}

export function readingOf(id) {
  return { path: `/instances/${id}`, id, hot: hotIds.includes(id), upstream: true, statuses: READ };
}

function hot(random) {
  return readingOf(random.oneOf(hotIds));
}

function tail(random) {
  return readingOf(random.oneOf(tailIds));
}

function missing(random) {
  return { path: `/instances/missing-${random.below(100_000)}`, upstream: true, statuses: [404] };
}

function refused(random, status, how) {
  return { path: hot(random).path, statuses: [status], ...how };
}

function page(random, ...paths) {
  return { path: random.oneOf(paths), statuses: [200] };
}

function malformed(random) {
  return random.oneOf(['a%20b', '%zz', 'a.b', 'x'.repeat(65), '%E5%AF%A6']);
}
