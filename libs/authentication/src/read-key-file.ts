import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';

import { WrongApiKeyFileError } from './api-key-entry.js';

/** The largest accepted file, in bytes: about 100,000 keys. Parsing a larger one would hold up requests for too long. */
const MAX_BYTES = 16 * 1_048_576;

const OTHERS_MAY_READ = 0o004;
const OTHERS_MAY_WRITE = 0o002;
const GROUP_MAY_WRITE = 0o020;

export interface KeyFileContent {
  readonly text: string;
  /** What is unsafe about the permissions of the file, if anything. */
  readonly warning: string | undefined;
}

/**
 * Reads the key file. A symbolic link is followed: Kubernetes mounts a Secret as links.
 *
 * @throws {WrongApiKeyFileError} if the file cannot be read, is too large, is not a regular file, or if every user may
 *   write to it
 */
export async function readKeyFile(path: string): Promise<KeyFileContent> {
  try {
    // Without O_NONBLOCK, opening a FIFO waits until another process opens it for writing.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      const warning = checkFile(stats);
      return { text: await file.readFile('utf8'), warning };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof WrongApiKeyFileError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new WrongApiKeyFileError(`it cannot be read (${code ?? 'unknown reason'})`);
  }
}

/** @returns a warning about the permissions */
function checkFile(stats: Stats): string | undefined {
  if (!stats.isFile()) throw new WrongApiKeyFileError(`it must be a regular file, not ${kindOf(stats)}`);
  if (stats.size > MAX_BYTES) {
    throw new WrongApiKeyFileError(`it must not be larger than ${MAX_BYTES / 1_048_576} MiB`);
  }
  return checkPermissions(stats);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  return stats.isFIFO() ? 'a FIFO' : 'a device';
}

/**
 * A user who may write to the file can add a key, so a file that every user may write to is refused.
 *
 * A user who may read the file learns names and hashes, but no key. So this is only a warning, and only if the gateway's own
 * user owns the file. A mounted Secret of Kubernetes belongs to root, and the gateway reads the file as one of the other users.
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
