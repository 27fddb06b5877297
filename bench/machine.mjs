import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

import { findProgram } from '../tools/support/find-program.mjs';
import { CORES } from './processes.mjs';

const { version: ownVersion } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Where and with what this was measured. */
export function machine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${distribution()} (${type()} ${release()})`,
    pinned: CORES,
    loadAtStart: loadavg()[0],
    versions: {
      gateway: ownVersion,
      'Node.js': process.version.slice(1),
      Nest: versionOf('@nestjs/core'),
      Fastify: versionOf('fastify'),
      Express: versionOf('express'),
      'Alibaba Cloud SDK': versionOf('@alicloud/openapi-client'),
      nginx: printed('nginx', ['-v'], /nginx\/([\d.]+)/),
      wrk: printed('wrk', ['-v'], /wrk\s+(?:debian\/)?([\d.]+)/),
      autocannon: versionOf('autocannon'),
    },
  };
}

function distribution() {
  if (!existsSync('/etc/os-release')) return type();
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? type();
}

function versionOf(name) {
  const path = createRequire(import.meta.url)
    .resolve.paths(name)
    .map((folder) => `${folder}/${name}/package.json`)
    .find((file) => existsSync(file));
  return path === undefined ? 'not installed' : JSON.parse(readFileSync(path, 'utf8')).version;
}

/** The version that a program prints, on either channel and with whatever exit code. */
function printed(name, args, pattern) {
  if (findProgram(name) === undefined) return 'not installed';
  let output;
  try {
    output = execFileSync('sh', ['-c', `"$0" "$@" 2>&1; true`, name, ...args], { encoding: 'utf8' });
  } catch {
    output = '';
  }
  return pattern.exec(output)?.[1] ?? 'unknown';
}
