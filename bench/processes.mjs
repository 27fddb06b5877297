import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findProgram } from '../tools/support/find-program.mjs';

/** Everything that a run writes besides its report: logs, caches, key files. It goes when the run ends. */
export const SCRATCH = mkdtempSync(join(tmpdir(), 'gateway-bench-'));

const running = new Set();
let started = 0;
process.once('exit', () => {
  for (const child of running) child.kill(child.stopSignal);
  rmSync(SCRATCH, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const taskset = findProgram('taskset');

/**
 * Which core runs what, or undefined where nothing can be pinned. The server has one of its own; on two cores load and
 * upstream share the other.
 */
export const CORES = chooseCores();

function chooseCores() {
  if (taskset === undefined || !existsSync('/proc/self/status')) return undefined;
  const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const allowed = (list ?? '').split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  const [server, load, upstream = load] = allowed;
  return load === undefined ? undefined : { server, load, upstream };
}

/**
 * Starts a program on a core of `CORES`, with this environment and no other. What it writes goes to a file, as the log
 * of a service does; a client's output can be read instead.
 *
 * @param role `server`, `load` or `upstream`
 */
export function start(role, command, args, options = {}) {
  const { env = {}, output = 'file', ipc = true, stopSignal = 'SIGKILL' } = options;
  const pinned = CORES ? [taskset, '-c', String(CORES[role]), command, ...args] : [command, ...args];
  const log = output === 'file' ? openSync(join(SCRATCH, `${role}-${(started += 1)}.log`), 'w') : undefined;
  const child = spawn(pinned[0], pinned.slice(1), {
    cwd: SCRATCH,
    env: { PATH: process.env.PATH, HOME: SCRATCH, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true', ...env },
    stdio: ['ignore', log ?? 'pipe', output === 'file' ? 'pipe' : 'inherit', ...(ipc ? ['ipc'] : [])],
  });
  if (log !== undefined) closeSync(log);
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    complaint = (complaint + text).slice(-2000);
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  child.complaint = () => complaint;
  child.stopSignal = stopSignal;
  return child;
}

/** Ends a process at once. */
export async function kill(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(child.stopSignal);
  await closed;
}

/** The next message of a child that may end instead. */
export function message(child) {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${child.spawnargs.join(' ')} ended: ${child.complaint()}`));
    child.once('close', ended);
    child.once('message', (received) => {
      child.off('close', ended);
      resolve(received);
    });
  });
}

/** Everything that a child writes before it ends well. */
export async function outputOf(child) {
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}.`);
  return text;
}

const ticksPerSecond = existsSync('/proc') ? Number(execFileSync('getconf', ['CLK_TCK'])) : 100;

/**
 * Processor time in milliseconds and memory in MiB of processes and their children, from /proc; null elsewhere.
 * `peakMiB` is the highest that each has ever had.
 */
export function usageOf(pids) {
  if (!existsSync('/proc/self/stat')) return { cpuMs: null, rssMiB: null, peakMiB: null };
  const all = pids.flatMap(withChildren);
  const sum = (read) => all.reduce((total, pid) => total + read(pid), 0);
  return {
    cpuMs: (sum(cpuTicks) * 1000) / ticksPerSecond,
    rssMiB: sum((pid) => statusKiB(pid, 'VmRSS')) / 1024,
    peakMiB: sum((pid) => statusKiB(pid, 'VmHWM')) / 1024,
  };
}

function withChildren(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [
    pid,
    ...(children === '' ? [] : children.split(' ').flatMap((child) => withChildren(Number(child)))),
  ];
}

function cpuTicks(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The program's name may hold anything, so count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function statusKiB(pid, field) {
  const [, value] =
    new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(value ?? 0);
}
