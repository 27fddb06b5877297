// The programs of a soak test: the emulator, the gateway, a Redis. Each is a process of its own on a free port of 127.0.0.1,
// and none outlives this one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { findProgram } from '../support/find-program.mjs';
import { freePort } from '../support/free-port.mjs';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const COLLECT_GARBAGE = new URL('collect-garbage.mjs', import.meta.url).href;
const READY_WITHIN_MS = 30_000;

/** Where they run and leave their files. No `.env` of a person is here. */
export const folder = mkdtempSync(join(tmpdir(), 'soak-'));

const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

/** @param port 0 takes any free one */
export async function startEmulator(seedFile, port = '0') {
  const child = start(process.execPath, [join(DIST, 'outboundbot-emulator/main.mjs')], {
    EMULATOR_PORT: port,
    EMULATOR_SEED_FILE: seedFile,
  });
  return { child, url: await says(child, /OutboundBot emulator on (http:\S+)/) };
}

/** @returns the gateway, with `url`, `metricsUrl`, `log` (lines by their level), `defects` (lines that should not be) */
export async function startGateway(emulatorUrl, environment) {
  const metricsPort = await freePort();
  const child = start(process.execPath, ['--import', COLLECT_GARBAGE, join(DIST, 'gateway/main.mjs')], {
    PORT: '0',
    METRICS_PORT: String(metricsPort),
    OUTBOUNDBOT_ENDPOINT: new URL(emulatorUrl).host,
    OUTBOUNDBOT_PROTOCOL: 'http',
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'emulator-key-id',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'emulator-key-secret',
    ...environment,
  });
  const log = {};
  const defects = [];
  eachLine(child.stdout, (line) => {
    const { level, err } = JSON.parse(line);
    log[level] = (log[level] ?? 0) + 1;
    // No fault of the soak is one that somebody would have to act on.
    if (err !== undefined || level === 'error' || level === 'fatal') defects.push(line);
  });
  eachLine(child.stderr, (line) => defects.push(line));
  const [{ url }] = await within(READY_WITHIN_MS, child, once(child, 'message'));
  return { child, url, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`, log, defects };
}

/** A Redis that keeps its port over restarts; undefined if this machine has none. */
export async function startRedis() {
  const program = programPath('redis-server');
  if (program === undefined) return undefined;
  const port = await freePort();
  const launch = async () => {
    const child = start(program, [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no'],
    ]);
    await says(child, /(Ready to accept connections)/);
    return child;
  };
  let child = await launch();
  return {
    url: `redis://127.0.0.1:${port}`,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    kill: () => end(child, 'SIGKILL'),
    restart: async () => {
      child = await launch();
    },
  };
}

/** Resolves with its exit code, or the signal that ended it. */
export async function end(child, signal) {
  const ended = once(child, 'close');
  child.kill(signal);
  const [code, name] = await ended;
  return code ?? name;
}

function start(command, args, environment = {}) {
  const child = spawn(command, args, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true',
      ...environment,
    },
    // Through the channel the gateway tells where it listens.
    stdio: ['ignore', 'pipe', 'pipe', ...(command === process.execPath ? ['ipc'] : [])],
    // In a group of its own, so that Ctrl-C reaches it through here only.
    detached: true,
  });
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

/** What the program's output has where this pattern has its group. */
function says(child, pattern) {
  const found = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      eachLine(stream, (line) => {
        const match = pattern.exec(line);
        if (match) resolve(match[1]);
      });
    }
  });
  return within(READY_WITHIN_MS, child, found);
}

async function within(ms, child, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    const fail = (why) => reject(new Error(`${child.spawnargs.join(' ')} ${why} before it was ready.`));
    timer = setTimeout(fail, ms, 'took too long');
    child.once('close', () => fail('ended'));
    child.once('error', reject);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function eachLine(stream, use) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    lines.forEach(use);
  });
}

/** Where it is installed. In CI everything has to be. */
function programPath(name) {
  const path = findProgram(name);
  if (path === undefined && process.env.CI === 'true')
    throw new Error(`CI=true, and ${name} is not installed.`);
  return path;
}
