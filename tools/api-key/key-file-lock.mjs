// A lock between commands that change the same key file: a file beside it that only one command can create.
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A command holds the lock for milliseconds. An older lock is left from a command that was killed. */
const STALE_MS = 10_000;
/** Longer than a stale lock takes to become stale. */
const WAIT_MS = 15_000;
const RETRY_MS = 25;

/**
 * Runs a function while no other command holds the lock.
 *
 * @throws Error if the lock does not become free in time
 */
export async function withLock(path, run) {
  const lock = `${path}.lock`;
  await acquire(lock);
  try {
    return run();
  } finally {
    rmSync(lock, { force: true });
  }
}

async function acquire(lock) {
  const deadline = performance.now() + WAIT_MS;
  while (!create(lock)) {
    removeIfStale(lock);
    if (performance.now() > deadline) {
      throw new Error(`another command changes this file. If none does, delete ${lock}`);
    }
    await sleep(RETRY_MS);
  }
}

/** @returns false if the file exists */
function create(path) {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Two commands may find the same stale lock. If each just deleted it, the slower one would delete the new lock of the
 * faster one. So a command first creates a file that is named after this very lock, and then looks at the lock again.
 */
function removeIfStale(lock) {
  const found = identify(lock);
  if (!found || Date.now() - found.mtimeMs < STALE_MS) return;
  const claim = `${lock}.${found.id}`;
  if (!create(claim)) return;
  try {
    if (identify(lock)?.id === found.id) rmSync(lock, { force: true });
  } finally {
    rmSync(claim, { force: true });
  }
}

function identify(lock) {
  try {
    const { ino, mtimeMs } = statSync(lock);
    return { id: `${ino}-${Math.trunc(mtimeMs)}`, mtimeMs };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
