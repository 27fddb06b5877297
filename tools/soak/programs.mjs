// The programs of a soak test: the emulator, the gateway and Redis, each on a free port of 127.0.0.1.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { findProgram } from '../support/find-program.mjs';
import { freePort } from '../support/free-port.mjs';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const COLLECT_GARBAGE = new URL('collect-garbage.mjs', import.meta.url).href;
const READY_WITHIN_MS = 30_000;

/** The folder in which the programs run and write their files. It contains no `.env`. */
export const folder = mkdtempSync(join(tmpdir(), 'soak-'));

const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

export async function startEmulator(seedFile) {
  const child = start(process.execPath, [join(DIST, 'outboundbot-emulator/main.mjs')], {
    EMULATOR_PORT: '0',
    EMULATOR_SEED_FILE: seedFile,
  });
  return { child, url: await printed(child, /OutboundBot emulator on (http:\S+)/) };
}

/** @returns the gateway, with `url`, `metricsUrl`, and `defects`: the log lines that no fault may cause */
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
  const defects = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { level, err } = JSON.parse(line);
    if (err !== undefined || level === 'error' || level === 'fatal') defects.push(line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => defects.push(line));
  const [{ url }] = await ready(child, once(child, 'message'));
  return { child, url, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`, defects };
}

/**
 * Starts a Redis that keeps its port over restarts. Returns undefined if redis-server is not installed, which is an
 * error in CI.
 */
export async function startRedis() {
  const program = findProgram('redis-server');
  if (program === undefined && process.env.CI === 'true') throw new Error('redis-server is not installed.');
  if (program === undefined) return undefined;
  const port = await freePort();
  const launch = async () => {
    const child = start(program, [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no'],
    ]);
    await printed(child, /(Ready to accept connections)/);
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

/** Resolves with the exit code, or the signal that ended the program. */
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
    // The gateway sends its address through the IPC channel.
    stdio: ['ignore', 'pipe', 'pipe', ...(command === process.execPath ? ['ipc'] : [])],
    // A process group of its own, so that Ctrl-C reaches it only through this process.
    detached: true,
  });
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

/** Resolves with the text that the group of the pattern matches in the program's output. */
function printed(child, pattern) {
  const found = new Promise((resolve) => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        const match = pattern.exec(line);
        if (match) resolve(match[1]);
      });
    }
  });
  return ready(child, found);
}

async function ready(child, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    const fail = (why) => reject(new Error(`${child.spawnargs.join(' ')} ${why} before it was ready.`));
    timer = setTimeout(fail, READY_WITHIN_MS, 'took too long');
    child.once('close', () => fail('ended'));
    child.once('error', reject);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
