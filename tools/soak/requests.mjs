// What the callers of a soak test request, and which answers are right.

/**
 * `hot` instances are read so often that the gateway always has a copy. The `tail` has more instances than the cache
 * holds.
 */
const hotIds = Array.from({ length: 40 }, (_, number) => `hot-${number}`);
const tailIds = Array.from({ length: 3000 }, (_, number) => `tail-${number}`);

/** The resource group of the instances that the gateway lists. */
export const GROUP = 'listed';
/** The gateway lists these. They fill exactly three pages of the upstream. */
const listedIds = [...hotIds, ...tailIds.slice(0, 260)];
const listed = new Set(listedIds);

/** The emulator's instances, as JSON. All differ, so that an answer for another instance is noticed. */
export const seed = `[${[...hotIds, ...tailIds]
  .map(
    (id) =>
      `{"InstanceId":"${id}","InstanceName":"${nameOf(id)}","CreatorId":${creatorOf(id)},"CreationTime":${creationOf(id)},` +
      `"ResourceGroupId":${JSON.stringify(groupOf(id))},"ResourceTags":[{"Key":"kind","Value":"${kindOf(id)}"}]}`,
  )
  .join(',')}]`;

/** The gateway's body for an instance, to the byte. */
function bodyOf(id) {
  return JSON.stringify(instance(id));
}

function instance(id) {
  return {
    instanceId: id,
    instanceName: nameOf(id),
    instanceDescription: null,
    maxConcurrentConversation: null,
    ownerName: null,
    creatorId: creatorOf(id),
    creatorName: null,
    creationTime: creationOf(id),
    resourceGroupId: groupOf(id),
  };
}

/** The gateway's body for a page of the list, to the byte. An instance that is missing or comes twice is noticed. */
function pageOf(ids, page, pageSize) {
  const instances = ids
    .slice((page - 1) * pageSize, page * pageSize)
    .map((id) => ({ ...instance(id), tags: [{ key: 'kind', value: kindOf(id) }], isPreset: null }));
  return JSON.stringify({ instances, total: ids.length, page, pageSize });
}

function kindOf(id) {
  return id.split('-')[0];
}

function numberOf(id) {
  return Number(id.split('-')[1]);
}

function groupOf(id) {
  return listed.has(id) ? GROUP : 'other';
}

function creationOf(id) {
  return 1_578_469_042_851 + numberOf(id);
}

function nameOf(id) {
  return `實例 ${id}`;
}

/** A creator id above the integers that a JavaScript number holds exactly. */
function creatorOf(id) {
  const offset = id.startsWith('hot') ? 0n : 1_000_000n;
  return String(9_007_199_254_740_993n + offset + BigInt(numberOf(id)));
}

/**
 * The kinds of requests. `statuses` are the right statuses, and `codes` the right codes of 5xx; a request with `upstream`
 * may also be answered with a failure of the upstream. Requests that read an instance or the list have `reads`: what kind
 * of thing, a name of the answer, and the right body. `hangsUp` is set if the caller disconnects within 30 ms.
 */
const REQUESTS = [
  { weight: 40, make: hot },
  { weight: 5, make: (random) => ({ ...hot(random), method: 'HEAD' }) },
  { weight: 15, make: (random) => ({ ...hot(random), conditional: true }) },
  { weight: 15, make: tail },
  { weight: 2, make: (random) => ({ ...tail(random), conditional: true }) },
  { weight: 3, make: fresh(hot) },
  { weight: 1, make: fresh(tail) },
  { weight: 2, make: onlyIfCached },
  { weight: 8, make: list },
  { weight: 2, make: (random) => ({ ...list(random), conditional: true }) },
  { weight: 2, make: fresh(list) },
  { weight: 2, make: (random) => list(random, 'limited') },
  { weight: 1, make: (random) => ({ path: `/instances?pgae=${random.below(9)}`, statuses: [400] }) },
  { weight: 1, make: (random) => ({ ...list(random), hangsUp: true }) },
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
  const reads = { kind: kindOf(id), name: id, body: bodyOf(id) };
  return { path: `/instances/${id}`, reads, upstream: true, statuses: [200, 304] };
}

/** A page of the list. The key `limited` may read the hot instances only. */
function list(random, key) {
  const { query, ids } = random.oneOf(FILTERS)(random);
  const mayRead = key === 'limited' ? ids.filter((id) => kindOf(id) === 'hot') : ids;
  const pageSize = random.oneOf([7, 20, 50, 100]);
  // The page after the last one is empty.
  const page = 1 + random.below(Math.ceil(mayRead.length / pageSize) + 1);
  const path = `/instances?${query}page=${page}&pageSize=${pageSize}`;
  const reads = { kind: 'list', name: `${path} ${key ?? ''}`, body: pageOf(mayRead, page, pageSize) };
  return { path, reads, upstream: true, statuses: [200, 304], ...(key && { key }) };
}

/** Queries of the list, each with the ids of the right answer in their order. */
const FILTERS = [
  () => ({ query: '', ids: listedIds }),
  () => ({ query: 'tag=kind:tail&', ids: listedIds.filter((id) => kindOf(id) === 'tail') }),
  (random) => {
    const text = `L-${random.below(30)}`;
    return { query: `q=${text}&`, ids: listedIds.filter((id) => id.includes(text.toLowerCase())) };
  },
  (random) => {
    const asked = new Set(Array.from({ length: 30 }, () => random.oneOf([...hotIds, ...tailIds])));
    return { query: `id=${[...asked].join()},missing&`, ids: listedIds.filter((id) => asked.has(id)) };
  },
  () => ({
    query: 'sort=-creationTime&',
    ids: listedIds.toSorted((a, b) => creationOf(b) - creationOf(a)),
  }),
];

function fresh(make) {
  return (random) => ({ ...make(random), headers: { 'cache-control': 'no-cache' } });
}

function onlyIfCached(random) {
  return {
    path: tail(random).path,
    headers: { 'cache-control': 'only-if-cached' },
    statuses: [200, 504],
    codes: ['not-cached'],
  };
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
