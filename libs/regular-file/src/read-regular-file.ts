import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';

export interface RegularFile {
  readonly text: string;
  readonly stats: Stats;
}

/** Without O_NONBLOCK, opening a FIFO waits until another process opens it for writing. */
export const READ_WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK;

const KIB = 1024;

/**
 * Reads a file that an operator names. A FIFO would never end, and a device may have no end. A symbolic link is followed:
 * Kubernetes mounts a Secret as links.
 *
 * @param maxBytes a larger file is not read
 * @throws Error if the file cannot be read, is not a regular file, or is too large. The message does not name the file
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<RegularFile> {
  const file = await open(path, READ_WITHOUT_WAITING).catch(throwReason);
  try {
    const stats = await file.stat();
    check(stats, maxBytes);
    return { text: await file.readFile('utf8').catch(throwReason), stats };
  } finally {
    await file.close();
  }
}

/** Does the same before there is anything else to do. */
export function readRegularFileSync(path: string, maxBytes: number): RegularFile {
  const file = attempt(() => openSync(path, READ_WITHOUT_WAITING));
  try {
    const stats = fstatSync(file);
    check(stats, maxBytes);
    return { text: attempt(() => readFileSync(file, 'utf8')), stats };
  } finally {
    closeSync(file);
  }
}

function check(stats: Stats, maxBytes: number): void {
  if (!stats.isFile()) throw new Error(`it must be a regular file, not ${kindOf(stats)}`);
  if (stats.size > maxBytes) throw new Error(`it must not be larger than ${sizeOf(maxBytes)}`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  return stats.isFIFO() ? 'a FIFO' : 'a device';
}

function sizeOf(bytes: number): string {
  return bytes < KIB * KIB ? `${bytes / KIB} KiB` : `${bytes / KIB / KIB} MiB`;
}

function attempt<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    return throwReason(error);
  }
}

/** The errors of Node name the path, in whose place a secret may have been given. */
function throwReason(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  throw new Error(`it cannot be read (${code})`);
}
