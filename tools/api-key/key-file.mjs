// Reads and replaces the file that AUTH_API_KEYS_FILE names.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';

import { withLock } from './key-file-lock.mjs';

/** The gateway refuses a file that every user may write to, and warns of one that its group may write to. */
const GROUP_MAY_WRITE = 0o020;
const OTHERS_MAY = 0o007;

/** What is wrong, for the person at the terminal. */
export class KeyFileError extends Error {}

/**
 * Replaces the entries of a file. Commands that run at the same time change the file one after another.
 *
 * @param target the file, or a symbolic link to it; a missing file has no entries
 * @param change takes the entries, and returns the new ones
 * @throws {KeyFileError}
 */
export async function changeEntries(target, change) {
  const path = orUndefinedIfMissing(() => realpathSync(target)) ?? target;
  try {
    await withLock(path, () => replace(path, change(readEntries(path))));
  } catch (error) {
    if (error instanceof KeyFileError) throw error;
    throw new KeyFileError(`${path} cannot be changed: ${error.message}.`);
  }
}

function readEntries(path) {
  const stats = orUndefinedIfMissing(() => statSync(path));
  if (!stats) return [];
  if (!stats.isFile()) throw new KeyFileError(`${path} is not a regular file.`);
  let entries;
  try {
    entries = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new KeyFileError(`${path} cannot be read: ${error.message}.`);
  }
  if (!Array.isArray(entries)) throw new KeyFileError(`${path} is not a JSON list of keys.`);
  return entries;
}

/**
 * Replaces the file in one step, so that a running gateway reads the old list or the new one. The file keeps its owner, its
 * group, and whether the group may read it, because the gateway may run as another user. Only the owner may write to it. A file
 * that was open to all users becomes private. The draft has a random name and
 * must not exist, so that no other user of the folder can put a link in its place.
 */
function replace(path, entries) {
  const old = orUndefinedIfMissing(() => statSync(path));
  const draft = `${path}.${randomBytes(8).toString('hex')}.new`;
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      const lines = entries.map((item) => `  ${JSON.stringify(item)}`);
      writeFileSync(file, `[\n${lines.join(',\n')}\n]\n`);
      if (old) {
        const { uid, gid } = fstatSync(file);
        if (old.uid !== uid || old.gid !== gid) fchownSync(file, old.uid, old.gid);
        fchmodSync(file, privateMode(path, old.mode & 0o777));
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

function privateMode(path, mode) {
  if (!(mode & OTHERS_MAY)) return mode & ~GROUP_MAY_WRITE;
  console.error(
    `${path} was open to all users of this machine. Now only its owner may read it. ` +
      'If the gateway runs as another user, give the file a group of that user and mode 0640.',
  );
  return 0o600;
}

function orUndefinedIfMissing(query) {
  try {
    return query();
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw new KeyFileError(error.message);
  }
}
