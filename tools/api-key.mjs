// `npm run api-key -- NAME [PATTERN...] [--file FILE]`: creates an API key and its entry for AUTH_API_KEYS_FILE.
import { createHash, randomBytes } from 'node:crypto';
import { chownSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const USAGE = `Usage: npm run api-key -- NAME [PATTERN...] [--file FILE]

Creates an API key. Prints the key once, and its entry for the file that AUTH_API_KEYS_FILE names.

  NAME     the caller's name, which the gateway logs
  PATTERN  an instance id that the key may read; * matches any characters. Default: *, which is every instance
  --file   adds the entry to this file, which is created if it does not exist. A running gateway reads it within seconds
`;

const { name, instances, file } = readArguments();
// The prefix lets secret scanners find keys in code and logs.
const key = `obg_${randomBytes(32).toString('base64url')}`;
const entry = { name, sha256: createHash('sha256').update(key).digest('hex'), instances };
if (file === undefined)
  console.log(`Add this entry to the list in the key file:\n\n${JSON.stringify(entry)}\n`);
else addTo(file);
console.log(`The key. It is not shown again:\n\n${key}\n`);

function readArguments() {
  let parsed;
  try {
    parsed = parseArgs({ allowPositionals: true, options: { file: { type: 'string' } } });
  } catch (error) {
    fail(`${error.message}\n\n${USAGE}`);
  }
  const [name, ...patterns] = parsed.positionals;
  if (name === undefined) fail(USAGE);
  if (!/^[\x21-\x7e]{1,128}$/.test(name)) fail('NAME must have 1 to 128 visible ASCII characters.');
  const invalid = patterns.find((pattern) => !/^[A-Za-z0-9_*-]{1,64}$/.test(pattern));
  if (invalid !== undefined)
    fail('A PATTERN must have 1 to 64 characters: letters, digits, "-", "_" and "*".');
  return { name, instances: patterns.length === 0 ? ['*'] : patterns, file: parsed.values.file };
}

/**
 * Replaces the file in one step, so that a running gateway reads the old list or the new one. Symbolic links to the
 * file stay, and the file keeps its mode and its owner, because the gateway may run as another user.
 */
function addTo(target) {
  const path = existing(target, realpathSync) ?? target;
  const entries = readEntries(path);
  if (entries.some((known) => known?.name === entry.name)) fail(`${path} already has a key with this name.`);
  const lines = [...entries, entry].map((item) => `  ${JSON.stringify(item)}`);
  const draft = `${path}.new`;
  try {
    const old = existing(path, statSync);
    writeFileSync(draft, `[\n${lines.join(',\n')}\n]\n`, { mode: old ? old.mode & 0o777 : 0o600 });
    if (old) chownSync(draft, old.uid, old.gid);
    renameSync(draft, path);
  } catch (error) {
    fail(`${path} cannot be written: ${error.message}.`);
  }
  console.log(`The entry was added to ${target}.\n`);
}

/** The result of `query` for a path; undefined if the path does not exist. */
function existing(path, query) {
  try {
    return query(path);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    return fail(`${path} cannot be read: ${error.message}.`);
  }
}

function readEntries(path) {
  try {
    const entries = JSON.parse(readFileSync(path, 'utf8'));
    if (Array.isArray(entries)) return entries;
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    fail(`${path} cannot be read: ${error.message}.`);
  }
  return fail(`${path} is not a JSON list of keys.`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
