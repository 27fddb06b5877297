import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { startGateway, startPeer } from './servers.mjs';
import { spread } from './stats.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** How long a process is left alone before its idle memory is read. */
const IDLE_MS = 2000;

/** Time from the start of the process until it is ready, memory after two idle seconds, size of an installation. */
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

/** What `npm ci --omit=dev --omit=optional` installs, as the lock has it and as it lies here, and our build. In MiB. */
function installedSize() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const paths = Object.entries(packages)
    .filter(([path, { dev, devOptional, optional, link }]) => {
      return path.startsWith('node_modules/') && !dev && !devOptional && !optional && !link;
    })
    .map(([path]) => join(ROOT, path))
    .filter((path) => existsSync(path));
  return {
    packages: paths.length,
    packagesMiB: paths.reduce((sum, path) => sum + sizeOf(path), 0) / 1_048_576,
    distMiB:
      ['dist/apps/gateway', 'dist/libs'].reduce((sum, path) => sum + sizeOf(join(ROOT, path)), 0) / 1_048_576,
  };
}

/** Bytes of all files below, without packages inside packages: the lock names those too. */
function sizeOf(path) {
  const info = lstatSync(path);
  if (!info.isDirectory()) return info.size;
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
