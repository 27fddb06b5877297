import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

import { CORES } from './processes.mjs';

const PACKAGES = {
  Nest: '@nestjs/core',
  Fastify: 'fastify',
  Express: 'express',
  'Alibaba Cloud SDK': '@alicloud/openapi-client',
};

/** One sentence that names the date, the machine and the versions of a run. */
export function describeMachine() {
  const versions = Object.entries(PACKAGES).flatMap(([name, path]) => {
    const version = versionOf(path);
    return version === undefined ? [] : [`${name} ${version}`];
  });
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  const pinned = CORES
    ? `the server on core ${CORES.server}, load on core ${CORES.load}, upstream on core ${CORES.upstream}`
    : 'no process pinned to a core';
  return (
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ` +
    `${memoryGiB} GiB, ${distribution()} (${type()} ${release()}), load average ${loadavg()[0].toFixed(1)} before, ${pinned}; ` +
    `Node.js ${process.version.slice(1)}, ${versions.join(', ')}.`
  );
}

function distribution() {
  if (!existsSync('/etc/os-release')) return type();
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? type();
}

/** The version of an installed package. Only `npm run bench` installs Express. */
function versionOf(name) {
  const path = createRequire(import.meta.url)
    .resolve.paths(name)
    .map((folder) => `${folder}/${name}/package.json`)
    .find((file) => existsSync(file));
  return path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8')).version;
}
