import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { startGateway, startPeer } from './servers.mjs';
import { spread } from './stats.mjs';

const BUNDLE = fileURLToPath(new URL('../dist/gateway', import.meta.url));

/** How long a process is left alone before its idle memory is read. */
const IDLE_MS = 2000;

/** Time from the start of the process until it is ready, memory after two idle seconds, size of what is installed. */
export async function measureWeight(upstream, plan, say) {
  await upstream.set({});
  const contenders = {
    gateway: () => startGateway(upstream),
    'nest-express': () => startPeer('nest-express', upstream),
  };
  const samples = { gateway: [], 'nest-express': [] };
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const [name, start] of Object.entries(contenders)) {
      const startedAt = performance.now();
      const server = await start();
      const readyMs = performance.now() - startedAt;
      await sleep(IDLE_MS);
      const { rssMiB } = server.usage();
      await server.stop();
      samples[name].push({ readyMs, rssMiB });
      say(
        `weight ${round + 1}/${plan.rounds} ${name}: ready in ${Math.round(readyMs)} ms, ${Math.round(rssMiB ?? 0)} MiB`,
      );
    }
  }
  const rows = Object.entries(samples).map(([contender, values]) => ({
    contender,
    readyMs: spread(values.map(({ readyMs }) => readyMs)),
    rssMiB: spread(values.map(({ rssMiB }) => rssMiB)),
  }));
  return { rows, install: installedSize() };
}

/** What production runs: the bundle's folder, in MiB, and the packages that its list of licences counts. */
function installedSize() {
  const [, packages] = /(\d+) packages/.exec(readFileSync(join(BUNDLE, 'LICENSES.txt'), 'utf8'));
  const bytes = readdirSync(BUNDLE, { recursive: true })
    .map((path) => lstatSync(join(BUNDLE, path)))
    .reduce((sum, info) => sum + (info.isFile() ? info.size : 0), 0);
  return { packages: Number(packages), bundleMiB: bytes / 1_048_576 };
}
