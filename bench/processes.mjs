import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { findProgram } from '../tools/support/find-program.mjs';

/** The folder for logs, key files and the files of other programs. It is deleted when the benchmark ends. */
export const SCRATCH = mkdtempSync(join(tmpdir(), 'gateway-bench-'));
// Nginx's worker may run as another user, who must reach the folder of nginx in here.
chmodSync(SCRATCH, 0o711);

/** The longest wait for a program to become ready, in milliseconds. */
const READY_WITHIN_MS = 10_000;

const running = new Set();
let started = 0;
process.once('exit', () => {
  for (const child of running) child.kill(child.endSignal);
  rmSync(SCRATCH, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const taskset = findProgram('taskset');

/**
 * The core of each role, or undefined where processes cannot be pinned. With two cores, all roles but the server share a
 * core.
 */
export const CORES = chooseCores();

function chooseCores() {
  if (taskset === undefined || !existsSync('/proc/self/status')) return undefined;
  const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const allowed = list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  const [server, load, upstream = load, secondServer = load] = allowed;
  return load === undefined ? undefined : { server, load, upstream, secondServer };
}

/**
 * Starts a Node program on the core of its role. Its environment is only `env`, and its output goes to a file, as a
 * service's log does.
 *
 * @param role `server`, `load`, `upstream` or `secondServer`
 */
export function start(role, args, env = {}) {
  return launch(role, [process.execPath, ...args], env, ['ipc']);
}

/**
 * Starts any other program on the core of its role. Such a program has no channel for messages. It is ended by SIGTERM, so
 * that it can end its own processes.
 */
export function startProgram(role, command) {
  const child = launch(role, command, {}, []);
  child.endSignal = 'SIGTERM';
  return child;
}

function launch(role, programAndArgs, env, channels) {
  const command = [...(CORES ? [taskset, '-c', String(CORES[role])] : []), ...programAndArgs];
  const [log, errors] = ['log', 'errors'].map((kind) => join(SCRATCH, `${role}-${started}.${kind}`));
  started += 1;
  const [logFd, errorsFd] = [log, errors].map((file) => openSync(file, 'w'));
  const child = spawn(command[0], command.slice(1), {
    cwd: SCRATCH,
    env: { PATH: process.env.PATH, HOME: SCRATCH, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true', ...env },
    stdio: ['ignore', logFd, errorsFd, ...channels],
  });
  child.endSignal = 'SIGKILL';
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
    const ended = (code, signal) =>
      reject(
        new Error(
          `${child.spawnargs.join(' ')} ended with ${signal ?? `code ${code}`}:\n${child.lastErrors()}`,
        ),
      );
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

/** Waits until a program without a channel for messages is ready; rejects if the program ends instead. */
export async function untilReady(child, isReady) {
  const endsAt = performance.now() + READY_WITHIN_MS;
  while (!(await isReady())) {
    if (hasEnded(child) || performance.now() > endsAt)
      throw new Error(`${child.spawnargs.join(' ')} is not ready:\n${child.lastErrors()}`);
    await sleep(20);
  }
}

/** Ends a process: a Node program at once. */
export async function kill(child) {
  if (hasEnded(child)) return;
  const closed = once(child, 'close');
  child.kill(child.endSignal);
  await closed;
}

function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

const childrenFile = (pid) => `/proc/${pid}/task/${pid}/children`;
const isLinux = existsSync(childrenFile(process.pid));
const [ticksPerSecond, pageSize] = isLinux
  ? ['CLK_TCK', 'PAGESIZE'].map((name) => Number(execFileSync('getconf', [name])))
  : [];

/**
 * User and system time of processes in milliseconds, and their resident memory, both with all child processes; NaN where
 * there is no /proc.
 */
export function usageOf(...children) {
  if (!isLinux) return { cpuMs: NaN, rssMiB: NaN };
  const usages = children.flatMap(({ pid }) => withChildren(pid)).map(usageOfProcess);
  const sum = (key) => usages.reduce((total, usage) => total + usage[key], 0);
  return { cpuMs: sum('cpuMs'), rssMiB: sum('rssMiB') };
}

/** This process, its children, and theirs. */
function withChildren(pid) {
  const children = readFileSync(childrenFile(pid), 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap(withChildren))];
}

function usageOfProcess(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in brackets, may contain spaces: count the fields after the brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond,
    rssMiB: (Number(fields[21]) * pageSize) / 2 ** 20,
  };
}
