import { CONTENDERS } from './contenders.mjs';
import { atFixedRate, saturate } from './load.mjs';
import { fetchRaw } from './servers.mjs';
import { spreadEach } from './stats.mjs';

/** Faster than this the client would measure itself. */
export const MAX_FIXED_RATE = 15_000;

/**
 * Fills each contender in turn, round by round, then asks at fixed rates below what it could take.
 *
 * @param {object} plan how long things take: `saturateSeconds`, `fixedSeconds`, `fixedRounds`, `rounds`
 */
export async function measureCapacity(scenario, upstream, plan, say) {
  await upstream.set({});
  const servers = await startAll(scenario, upstream);
  const rounds = Math.min(scenario.rounds, plan.rounds);
  const samples = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  const latency = {};

  for (const [name, server] of Object.entries(servers)) await fill(name, server, plan.warmUpSeconds);
  for (let round = 0; round < rounds; round += 1) {
    for (const name of inTurn(servers, round)) {
      const sample = await metered(servers[name], upstream, () =>
        fill(name, servers[name], plan.saturateSeconds),
      );
      samples[name].push(sample);
      say(`${scenario.name} ${round + 1}/${rounds} ${name}: ${Math.round(sample.rps)} requests/s`);
    }
  }
  const rows = Object.keys(servers).map((name) => ({ contender: name, ...spreadEach(samples[name]) }));
  for (let round = 0; round < plan.fixedRounds; round += 1) {
    for (const level of scenario.levels) {
      for (const name of inTurn(servers, round).filter((name) => scenario.latencyOf.includes(name))) {
        const { median } = rows.find(({ contender }) => contender === name).rps;
        const rate = Math.min(MAX_FIXED_RATE, Math.round((median * level) / 100));
        const sample = await paced(name, servers[name], rate, plan.fixedSeconds);
        ((latency[name] ??= {})[level] ??= []).push({ rate, ...sample });
        say(
          `${scenario.name} ${round + 1}/${plan.fixedRounds} ${name} at ${level}%: p99 ${sample.p99.toFixed(2)} ms`,
        );
      }
    }
  }
  for (const server of Object.values(servers)) await server.stop();
  return rows.map((row) => ({
    ...row,
    levels: Object.entries(latency[row.contender] ?? {}).map(([level, samples]) => ({
      level: Number(level),
      ...spreadEach(samples),
    })),
    samples: samples[row.contender],
  }));

  async function fill(name, server, seconds) {
    if (server.saturate) return server.saturate({ seconds, concurrency: plan.connections, prefix: prefix() });
    const { path, unique } = scenario;
    return saturate({
      url: server.url,
      path: unique ? `${path}${prefix()}` : path,
      unique,
      headers: server.headers,
      seconds,
    });
  }

  async function paced(name, server, rate, seconds) {
    const { path, unique } = scenario;
    const { lateMs, streams } = await atFixedRate({
      url: server.url,
      headers: server.headers,
      // Only where nothing else needs the core.
      spin: name === 'node-http' || (!unique && name !== 'nest-express'),
      streams: [
        unique
          ? { name: 'all', rate, count: rate * seconds, path: `${path}${prefix()}`, ids: 0 }
          : { name: 'all', rate, count: rate * seconds, path: `${path}?`, ids: 1 },
      ],
    });
    const { requests, ok, all } = streams[0];
    return { success: ok / requests, lateMs, ...all };
  }
}

/** The gateway starts first: node:http repeats its answer. */
async function startAll(scenario, upstream) {
  const servers = {};
  for (const name of scenario.contenders) {
    const contender = CONTENDERS[name];
    if (contender.isMissing) continue;
    const server = await contender.start(upstream, {
      variables: {},
      freshMs: 5000,
      gateway: servers.gateway,
    });
    let headers = { ...contender.headers };
    if (scenario.conditional) {
      const { etag } = await fetchRaw(`${server.url}${scenario.path}`, headers);
      headers = { ...headers, 'if-none-match': etag };
    }
    servers[name] = { ...server, headers };
  }
  return servers;
}

/** Forwards, then backwards, so that nobody always comes first. */
function inTurn(servers, round) {
  const names = Object.keys(servers);
  return round % 2 === 0 ? names : names.reverse();
}

/** What a load came to, with what it cost the server and the upstream. */
async function metered(server, upstream, load) {
  const callsBefore = await upstream.calls();
  const before = server.usage();
  const { requests, ok, rps } = await load();
  const after = server.usage();
  return {
    rps,
    success: ok / requests,
    callsPerRequest: ((await upstream.calls()) - callsBefore) / requests,
    cpuUsPerRequest: before.cpuMs === null ? null : ((after.cpuMs - before.cpuMs) * 1000) / requests,
    rssMiB: after.rssMiB,
  };
}

let prefixes = 0;
/** The beginning of ids that nobody has asked for before. */
function prefix() {
  prefixes += 1;
  return `u${prefixes}-`;
}
