import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { CONNECTIONS, jobFor, saturate, startClient } from '../measure.mjs';
import { ask, kill, usageOf } from '../processes.mjs';
import { HOT, startGateway } from '../servers.mjs';
import { ALWAYS_FRESH, cost, latency } from './hits.mjs';

/** More than the gateway keeps for itself, and than the busy connections need. */
const SPARE_DESCRIPTORS = 500;

/** A new process has each number of idle connections. Meanwhile hits are requested on busy ones. */
export async function* connections(steps, seconds, upstream) {
  await upstream.set();
  const requests = { path: HOT, ids: 1, connections: CONNECTIONS };
  for (const idle of steps.filter((step) => step + SPARE_DESCRIPTORS <= descriptorLimit())) {
    const server = await startGateway(upstream, {
      ...ALWAYS_FRESH,
      MAX_CONNECTIONS: String(idle + SPARE_DESCRIPTORS / 2),
      MAX_CONNECTIONS_PER_ADDRESS: String(idle + SPARE_DESCRIPTORS / 2),
    });
    await saturate(server, requests, seconds.warmUp);
    // The server notices a moment later that a client has gone.
    const settle = () => sleep(seconds.settle * 1000);
    await settle();
    const before = usageOf(server.child);
    const holder = await startClient();
    const { ok } = await ask(
      holder,
      jobFor(server, { ...requests, rate: 0, count: idle, connections: idle, hold: true }),
    );
    await settle();
    const { rssMiB } = usageOf(server.child);
    const figures = await latency(server, requests, seconds.fixed);
    const { cpuUs } = await cost(server, upstream, requests, seconds.saturate);
    const { open } = await ask(holder, {});
    await kill(holder);
    await server.stop();
    // A gateway that closed some would look better than it is.
    if (ok < idle || open < idle)
      throw new Error(`Of ${idle} connections, ${ok} were answered and ${open} kept.`);
    yield { step: idle, ...figures, cpuUs, rssMiB, kibEach: ((rssMiB - before.rssMiB) * 1024) / idle };
  }
}

/** Says which steps were left out. */
export function leftOut(rows, steps) {
  return rows.length === steps.length
    ? undefined
    : `This machine allows a process ${descriptorLimit()} open files (\`ulimit -n\`), which ends the steps here.`;
}

/** How many files a process may open. Node raises the soft limit to the hard one by itself. */
function descriptorLimit() {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return soft === undefined ? Infinity : Number(soft);
}
