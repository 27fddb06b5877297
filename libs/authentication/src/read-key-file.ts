import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';

import { READ_WITHOUT_WAITING, readRegularFile } from '@app/regular-file';

import { WrongApiKeyFileError } from './api-key-entry.js';

/** The largest accepted file, in bytes: about 100,000 keys. Parsing a larger one would hold up requests for too long. */
const MAX_BYTES = 16 * 1_048_576;

/** File systems with the coarsest times count in steps of two seconds. */
const LATELY_MS = 3000;

const OTHERS_MAY_READ = 0o004;
const OTHERS_MAY_WRITE = 0o002;
const GROUP_MAY_WRITE = 0o020;

export interface KeyFileContent {
  readonly text: string;
  /** What is unsafe about the permissions of the file, if anything. */
  readonly warning: string | undefined;
}

/**
 * What changes with every change of the file, its permissions included. Undefined if the file has changed so lately that a
 * further change might have the same time, or if it cannot be found.
 *
 * @param now Unix milliseconds
 */
export async function keyFileStamp(path: string, now: number): Promise<string | undefined> {
  // Opened, because a network file system looks at its server only then.
  const file = await open(path, READ_WITHOUT_WAITING).catch(() => undefined);
  try {
    const stats = await file?.stat({ bigint: true });
    if (!stats || now - Number(stats.ctimeMs) < LATELY_MS) return undefined;
    return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join();
  } finally {
    await file?.close();
  }
}

/**
 * Reads the key file.
 *
 * @throws {WrongApiKeyFileError} if the file cannot be read, is too large, is not a regular file, or if every user may
 *   write to it
 */
export async function readKeyFile(path: string): Promise<KeyFileContent> {
  const { text, stats } = await readRegularFile(path, MAX_BYTES).catch((error: unknown) => {
    throw new WrongApiKeyFileError((error as Error).message);
  });
  return { text, warning: checkPermissions(stats) };
}

/**
 * A user who may write to the file can add a key, so a file that every user may write to is refused.
 *
 * A user who may read the file learns names and hashes, but no key. So this is only a warning, and only if the gateway's own
 * user owns the file. A mounted Secret of Kubernetes belongs to root, and the gateway reads the file as one of the other users.
 *
 * @returns a warning
 */
function checkPermissions({ mode, uid }: Stats): string | undefined {
  // Windows has no such permissions. Node reports 0o666 there.
  const ownUid = process.getuid?.();
  if (ownUid === undefined) return undefined;
  if (mode & OTHERS_MAY_WRITE) {
    throw new WrongApiKeyFileError('every user may write to it: take this permission away (chmod o-w)');
  }
  if (mode & GROUP_MAY_WRITE) return 'its group may write to it: take this permission away (chmod g-w)';
  if (mode & OTHERS_MAY_READ && uid === ownUid) {
    return 'every user may read it: take this permission away (chmod o-r)';
  }
  return undefined;
}
