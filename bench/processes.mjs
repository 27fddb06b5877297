import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findProgram } from '../tools/support/find-program.mjs';

/** The folder for logs and key files. It is deleted when the benchmark ends. */
export const SCRATCH = mkdtempSync(join(tmpdir(), 'gateway-bench-'));

const running = new Set();
let started = 0;
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(SCRATCH, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const taskset = findProgram('taskset');

/**
 * The core of each role, or undefined where processes cannot be pinned. With two cores, load and upstream share a core.
 */
export const CORES = chooseCores();

function chooseCores() {
  if (taskset === undefined || !existsSync('/proc/self/status')) return undefined;
  const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const allowed = list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  const [server, load, upstream = load] = allowed;
  return load === undefined ? undefined : { server, load, upstream };
}

/**
 * Starts a Node program on the core of its role. Its environment is only `env`, and its output goes to a file, as a
 * service's log does.
 *
 * @param role `server`, `load` or `upstream`
 */
export function start(role, args, env = {}) {
  const command = [...(CORES ? [taskset, '-c', String(CORES[role])] : []), process.execPath, ...args];
  const [log, errors] = ['log', 'errors'].map((kind) => join(SCRATCH, `${role}-${started}.${kind}`));
  started += 1;
  const [logFd, errorsFd] = [log, errors].map((file) => openSync(file, 'w'));
  const child = spawn(command[0], command.slice(1), {
    cwd: SCRATCH,
    env: { PATH: process.env.PATH, HOME: SCRATCH, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true', ...env },
    stdio: ['ignore', logFd, errorsFd, 'ipc'],
  });
  closeSync(logFd);
  closeSync(errorsFd);
  running.add(child);
  child.once('close', () => {
    running.delete(child);
    // A minute of requests without a pause writes half a gigabyte of log.
    rmSync(log);
  });
  child.lastErrors = () => readFileSync(errors, 'utf8').slice(-2000);
  return child;
}

/** The next message of a child; rejects if the child ends instead. */
export function message(child) {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${child.spawnargs.join(' ')} ended:\n${child.lastErrors()}`));
    child.once('close', ended);
    child.once('message', (received) => {
      child.off('close', ended);
      resolve(received);
    });
  });
}

/** Sends a child a message and waits for its answer. */
export function ask(child, question) {
  const answer = message(child);
  child.send(question);
  return answer;
}

/** Ends a process at once. */
export async function kill(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

const isLinux = existsSync('/proc/self/stat');
const [ticksPerSecond, pageSize] = isLinux
  ? ['CLK_TCK', 'PAGESIZE'].map((name) => Number(execFileSync('getconf', [name])))
  : [];

/** User and system time of a process in milliseconds, and its resident memory; NaN where there is no /proc. */
export function usageOf({ pid }) {
  if (!isLinux) return { cpuMs: NaN, rssMiB: NaN };
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in brackets, may contain spaces: count the fields after the brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond,
    rssMiB: (Number(fields[21]) * pageSize) / 2 ** 20,
  };
}
