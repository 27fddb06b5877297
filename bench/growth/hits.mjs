import { fileURLToPath } from 'node:url';

import { load, metered, saturate } from '../measure.mjs';
import { ask } from '../processes.mjs';
import { GATEWAY, startGateway } from '../servers.mjs';

const PROBE = fileURLToPath(new URL('probe.mjs', import.meta.url));

/** At how many requests a second the latency of hits is measured: far fewer than the gateway can answer. */
const RATE = 2000;

/** Longer than any run: what was read once stays fresh. */
export const ALWAYS_FRESH = { CACHE_FRESH_MS: String(7 * 86_400_000) };

/** Starts a gateway that reports its heap and its garbage collections. */
export async function startProbed(upstream, variables) {
  const server = await startGateway(upstream, variables, GATEWAY, ['--expose-gc', '--import', PROBE]);
  return {
    ...server,
    /** The pauses since the last call of this or the next function: the longest, and all together. */
    pauses: () => ask(server.child, {}),
    /** Collects the garbage, and returns what the heap then holds. */
    collected: async () => (await ask(server.child, { collect: true })).heapMiB,
  };
}

/** Runs a load of which every request must succeed. */
export async function succeed(server, job) {
  const result = await load(server, job);
  if (result.ok === result.requests) return result;
  throw new Error(
    `${result.requests - result.ok} of ${result.requests} requests failed: ${JSON.stringify(result.statuses)}`,
  );
}

/** The processor time of a request, in microseconds, while as many are sent as the server answers. */
export async function cost(server, upstream, requests, seconds) {
  const {
    ok,
    requests: sent,
    cpuUs,
    calls,
  } = await metered(server, upstream, () => saturate(server, requests, seconds));
  if (ok < sent) throw new Error(`${sent - ok} of ${sent} requests failed.`);
  return { cpuUs, calls };
}

/** The latency of hits at a fixed rate. */
export async function latency(server, requests, seconds) {
  const job = { ...requests, rate: RATE, count: RATE * seconds, spin: true };
  const { success, lateMs } = await succeed(server, job);
  return { ...success, lateMs };
}
