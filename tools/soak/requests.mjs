// What the callers of a soak test request, and which answers are right.

/**
 * `hot` instances are read so often that the gateway always has a copy. The `tail` has more instances than the cache
 * holds.
 */
const hotIds = Array.from({ length: 40 }, (_, number) => `hot-${number}`);
const tailIds = Array.from({ length: 3000 }, (_, number) => `tail-${number}`);

/** The emulator's instances, as JSON. All differ, so that an answer for another instance is noticed. */
export const seed = `[${[...hotIds, ...tailIds]
  .map(
    (id) =>
      `{"InstanceId":"${id}","InstanceName":"${nameOf(id)}","CreatorId":${creatorOf(id)},"CreationTime":1578469042851}`,
  )
  .join(',')}]`;

/** The gateway's body for an instance, to the byte. */
export function bodyOf(id) {
  return JSON.stringify({
    instanceId: id,
    instanceName: nameOf(id),
    instanceDescription: null,
    maxConcurrentConversation: null,
    ownerName: null,
    creatorId: creatorOf(id),
    creatorName: null,
    creationTime: 1578469042851,
    resourceGroupId: null,
  });
}

function nameOf(id) {
  return `實例 ${id}`;
}

/** A creator id above the integers that a JavaScript number holds exactly. */
function creatorOf(id) {
  const offset = id.startsWith('hot') ? 0n : 1_000_000n;
  return String(9_007_199_254_740_993n + offset + BigInt(id.replace(/^\w+-/, '')));
}

/**
 * The kinds of requests. `statuses` are the right statuses; a request with `upstream` may also be answered with a
 * failure of the upstream. `id` is set for requests that read an instance, and `hangsUp` if the caller disconnects
 * within 30 ms.
 */
const REQUESTS = [
  { weight: 40, make: hot },
  { weight: 5, make: (random) => ({ ...hot(random), method: 'HEAD' }) },
  { weight: 15, make: (random) => ({ ...hot(random), conditional: true }) },
  { weight: 15, make: tail },
  { weight: 2, make: (random) => ({ ...tail(random), conditional: true }) },
  { weight: 3, make: missing },
  { weight: 2, make: (random) => ({ path: `/instances/${malformed(random)}`, statuses: [400] }) },
  { weight: 2, make: (random) => refused(random, 401, { headers: { 'x-api-key': 'no-such-key' } }) },
  { weight: 1, make: (random) => ({ ...hot(random), key: 'limited' }) },
  { weight: 2, make: (random) => ({ path: tail(random).path, key: 'limited', statuses: [403] }) },
  { weight: 1, make: (random) => refused(random, 406, { headers: { accept: 'text/html' } }) },
  { weight: 1, make: (random) => refused(random, 405, { method: 'POST' }) },
  { weight: 2, make: (random) => ({ path: `/no-such-route/${random.below(1000)}`, statuses: [404] }) },
  { weight: 1, make: () => ({ path: '/health/ready', statuses: [200] }) },
  { weight: 1, make: () => ({ path: '/openapi.json', statuses: [200] }) },
  { weight: 2, make: (random) => ({ ...tail(random), hangsUp: true }) },
  { weight: 1, make: (random) => ({ ...missing(random), hangsUp: true }) },
  { weight: 0.5, make: () => ({ path: '/docs/swagger-ui-bundle.js', statuses: [200], hangsUp: true }) },
];

/** Draws a request. One in ten uses a connection of its own. */
export function drawRequest(random) {
  const request = random.weighted(REQUESTS).make(random);
  return { ...request, ownConnection: random.next() < 0.1, hangsUpAfterMs: random.between(0, 30) };
}

function hot(random) {
  return reading(random.oneOf(hotIds));
}

function tail(random) {
  return reading(random.oneOf(tailIds));
}

function reading(id) {
  return { path: `/instances/${id}`, id, upstream: true, statuses: [200, 304] };
}

function missing(random) {
  return { path: `/instances/missing-${random.below(100_000)}`, upstream: true, statuses: [404] };
}

function refused(random, status, how) {
  return { path: hot(random).path, statuses: [status], ...how };
}

function malformed(random) {
  return random.oneOf(['a%20b', '%zz', 'a.b', 'x'.repeat(65), '%E5%AF%A6']);
}
