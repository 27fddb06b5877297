import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { findProgram } from '../tools/support/find-program.mjs';
import { ask, message, start, usageOf } from './processes.mjs';
import { CONTENDERS, fetchRaw } from './servers.mjs';
import { spreadEach } from './stats.mjs';

const CLIENT = fileURLToPath(new URL('load-client.mjs', import.meta.url));

/** How many connections send without a pause. The loop of the bare SDK makes the same number of calls at once. */
export const CONNECTIONS = 50;

/** How long a process gets no requests before its idle memory is read, in milliseconds. */
const IDLE_MS = 2000;

let prefixes = 0;

/** The client of all loads. It starts with the first. */
let client;

/** Starts one more client, which does the jobs that it is asked for: see load-client.mjs. */
export async function startClient() {
  const child = start('load', [CLIENT]);
  await message(child);
  return child;
}

/** The job of a client that sends requests to a server. */
export function jobFor({ url, headers }, job) {
  return { url, headers, ...job };
}

/** Sends requests to a server: see load-client.mjs for the job and its result. */
export async function load(server, job) {
  client ??= await startClient();
  return ask(client, jobFor(server, job));
}

/** Gives requests for new ids a prefix that no earlier request had. */
function withPrefix(requests) {
  return requests.ids === 0 ? { ...requests, path: `${requests.path}u${(prefixes += 1)}-` } : requests;
}

/** Sends as many requests as a server answers in this time. */
export async function saturate(server, requests, seconds) {
  const job = { connections: CONNECTIONS, ...withPrefix(requests), seconds };
  return server.isLoop ? ask(server.child, job) : load(server, job);
}

/** Runs a load and adds the server's processor time for each request, and the number of upstream calls. */
export async function metered(server, upstream, run) {
  const { child, backends = [] } = server;
  const [callsBefore, before] = [await upstream.calls(), usageOf(child, ...backends)];
  const result = await run();
  const [callsAfter, after] = [await upstream.calls(), usageOf(child, ...backends)];
  return {
    ...result,
    cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / result.requests,
    calls: callsAfter - callsBefore,
  };
}

/**
 * Measures all contenders of a scenario in turn in each round, forwards and then backwards, so that none is always
 * first.
 *
 * @param plan the most `rounds`, and the length of each phase of a capacity scenario in seconds: `warmUp`, `saturate`,
 * `fixed`
 */
export async function measure(scenario, upstream, plan, report) {
  const rounds = Math.min(scenario.rounds, plan.rounds);
  const contenders = scenario.contenders.filter((name) => canStart(name, report));
  const samples = Object.fromEntries(contenders.map((name) => [name, []]));
  const servers = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? contenders : [...contenders].reverse()) {
      samples[name].push(await KINDS[scenario.kind](scenario, name, servers, upstream, plan));
      report(`${scenario.name} ${round + 1}/${rounds} ${name}`);
    }
  }
  for (const server of Object.values(servers)) await server.stop();
  return contenders.map((contender) => ({
    contender,
    ...spreadEach(samples[contender]),
    samples: samples[contender],
  }));
}

function canStart(name, report) {
  const { program } = CONTENDERS[name];
  if (program === undefined || findProgram(program)) return true;
  report(`${name} is left out: ${program} is not installed.`);
  return false;
}

const KINDS = {
  async capacity(scenario, name, servers, upstream, { warmUp, saturate: seconds, fixed }) {
    const { faults, variables, requests, rate } = scenario;
    if (!servers[name]) {
      await upstream.set(faults);
      servers[name] = await CONTENDERS[name].start(upstream, variables);
      await saturate(servers[name], requests, warmUp);
    }
    const server = servers[name];
    const full = await metered(server, upstream, () => saturate(server, requests, seconds));
    const sample = { ...sampleOf(full), callsPerRequest: full.calls / full.requests };
    if (server.isLoop) return sample;
    const { success, lateMs } = await load(server, {
      ...withPrefix(requests),
      rate,
      count: rate * fixed,
      // If there are more upstream calls than a few refreshes, the upstream needs the core that `spin` would keep busy.
      spin: full.calls < full.requests / 100,
    });
    return { ...sample, ...success, lateMs };
  },

  async fault({ faults, variables, knownIds = 0, load: job }, name, _servers, upstream) {
    await upstream.set();
    const server = await CONTENDERS[name].start(upstream, variables);
    await warmUp(server, knownIds);
    await upstream.set(faults);
    const result = await metered(server, upstream, () => load(server, job));
    await server.stop();
    // Requests before the scenario settled are not counted, but cost the server and the upstream as much.
    const cost = {
      cpuUs: (result.cpuUs * result.requests) / job.count,
      callsPerRequest: result.calls / job.count,
    };
    return { ...sampleOf(result), ...(result.success ?? result.failure), ...cost, lateMs: result.lateMs };
  },

  async weight(_scenario, name, _servers, upstream) {
    await upstream.set();
    const startedAt = performance.now();
    const server = await CONTENDERS[name].start(upstream);
    const readyMs = performance.now() - startedAt;
    await sleep(IDLE_MS);
    const { rssMiB } = usageOf(server.child);
    await server.stop();
    return { readyMs, rssMiB };
  },
};

function sampleOf({ requests, ok, seconds, cpuUs, calls }) {
  return { rps: ok / seconds, success: ok / requests, cpuUs, calls };
}

/** Lets Node compile the hot code, and fills the cache with the known ids. */
async function warmUp(server, knownIds) {
  const paths = [
    ...Array.from({ length: 200 }, (_, index) => `/instances/before${index}`),
    ...Array.from({ length: knownIds }, (_, index) => `/instances/known${index}`),
  ];
  while (paths.length > 0)
    await Promise.all(paths.splice(0, 10).map((path) => fetchRaw(`${server.url}${path}`)));
}
