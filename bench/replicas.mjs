import { load, saturate } from './measure.mjs';
import { startNginxSite } from './nginx.mjs';
import { usageOf } from './processes.mjs';
import { ANY_INSTANCE, GATEWAY, HOT, startGateway } from './servers.mjs';

/** As many as nginx keeps open to the gateways, so that none is opened and closed for each request. */
const CONNECTIONS = 32;

/** How many ids the replicas read that none of them has. */
const COLD_IDS = 500;

/** The ids are read at this rate for each second. */
const COLD_RATE = 2000;

const REQUESTS = {
  hit: { path: HOT, ids: 1, connections: CONNECTIONS },
  uncached: { path: '/instances/', ids: 0, connections: CONNECTIONS },
};

let sites = 0;

/**
 * Starts replicas of the gateway behind the shipped nginx site. Callers have an API key, so nginx passes every request on, and
 * the rate limit counts each.
 *
 * @param roles the core of each replica: see processes.mjs
 * @param variables settings of the replicas
 */
export async function startReplicas(upstream, roles, variables = {}) {
  const gateways = [];
  for (const role of roles)
    gateways.push(
      await startGateway(
        upstream,
        { ...ANY_INSTANCE.variables, TRUST_PROXY: 'loopback', ...variables },
        GATEWAY,
        [],
        role,
      ),
    );
  const nginx = await startNginxSite(gateways.map(({ url }) => url));
  return {
    number: (sites += 1),
    url: nginx.url,
    headers: ANY_INSTANCE.headers,
    gateways,
    nginx,
    stop: async () => {
      await nginx.stop();
      for (const gateway of gateways) await gateway.stop();
    },
  };
}

/**
 * Sends as many requests as the replicas answer in this time, and reads the processor time of all programs.
 *
 * @param kind `hit` or `uncached`
 * @param redis what the replicas share; undefined without
 */
export async function meterReplicas(site, kind, redis, seconds) {
  const programs = { gateways: site.gateways, nginx: [site.nginx], ...(redis && { redis: [redis] }) };
  const cpuMs = () =>
    Object.values(programs).map((servers) => usageOf(...servers.map(({ child }) => child)).cpuMs);
  const before = cpuMs();
  const result = allOk(await saturate(site, REQUESTS[kind], seconds));
  const after = cpuMs();
  const [gatewaysUs, nginxUs, redisUs] = after.map((ms, index) => ((ms - before[index]) * 1000) / result.ok);
  return {
    rps: result.ok / result.seconds,
    gatewaysUs,
    nginxUs,
    redisUs,
    rpsOfCore: 1e6 / gatewaysUs,
    coresOfNginx: gatewaysUs / nginxUs,
  };
}

/** How many upstream calls it takes for each id that one replica after another is asked for. */
export async function callsPerColdId(site, upstream) {
  const before = await upstream.calls();
  for (const { url } of site.gateways)
    allOk(
      await load(
        { url, headers: site.headers },
        { path: `/instances/cold${site.number}-`, ids: COLD_IDS, rate: COLD_RATE, count: COLD_IDS },
      ),
    );
  return ((await upstream.calls()) - before) / COLD_IDS;
}

/** The latency of hits at a fixed rate. */
export async function latencyOfHits(site, rate, seconds) {
  const { path, ids } = REQUESTS.hit;
  const { success, lateMs } = allOk(await load(site, { path, ids, rate, count: rate * seconds }));
  return { ...success, lateMs };
}

/** A request that fails costs something else than one that succeeds. */
function allOk(result) {
  if (result.ok < result.requests)
    throw new Error(`${result.requests - result.ok} requests failed: ${JSON.stringify(result.statuses)}`);
  return result;
}
