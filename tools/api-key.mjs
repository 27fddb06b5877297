// `npm run api-key -- NAME [PATTERN...] [--file FILE]`: makes an API key, and its entry for AUTH_API_KEYS_FILE.
import { createHash, randomBytes } from 'node:crypto';
import { chownSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const USAGE = `Usage: npm run api-key -- NAME [PATTERN...] [--file FILE]

Makes an API key, and shows it once, with its entry for the file that AUTH_API_KEYS_FILE names.

  NAME     who will use it; it shows in the log
  PATTERN  an instance that the key may read, in which * stands for anything; * by default, which is all
  --file   adds the entry to this file, and makes the file if there is none; a running gateway takes it within seconds
`;

const { name, instances, file } = readArguments();
// The prefix lets scanners find keys that got into code or logs.
const key = `obg_${randomBytes(32).toString('base64url')}`;
const entry = { name, sha256: createHash('sha256').update(key).digest('hex'), instances };
if (file === undefined)
  console.log(`The entry, for the list in the file of keys:\n\n${JSON.stringify(entry)}\n`);
else addTo(file);
console.log(`The key, which is shown only now:\n\n${key}\n`);

function readArguments() {
  let given;
  try {
    given = parseArgs({ allowPositionals: true, options: { file: { type: 'string' } } });
  } catch (error) {
    fail(`${error.message}\n\n${USAGE}`);
  }
  const [name, ...patterns] = given.positionals;
  if (name === undefined) fail(USAGE);
  if (!/^[\x21-\x7e]{1,128}$/.test(name)) fail('NAME must have 1 to 128 visible ASCII characters.');
  const wrong = patterns.find((pattern) => !/^[A-Za-z0-9_*-]{1,64}$/.test(pattern));
  if (wrong !== undefined) fail('A PATTERN must have 1 to 64 characters: letters, digits, "-", "_" and "*".');
  return { name, instances: patterns.length === 0 ? ['*'] : patterns, file: given.values.file };
}

/**
 * A gateway that reads the file meanwhile sees the old list or the new one. A file that there is already stays where links
 * lead to, and whose it is: the gateway may run as somebody else.
 */
function addTo(given) {
  const path = existing(given, realpathSync) ?? given;
  const entries = readEntries(path);
  if (entries.some((known) => known?.name === entry.name)) fail(`${path} has a key of this name already.`);
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
  console.log(`Its entry is in ${given} now.\n`);
}

/** What `look` sees at a path; undefined if nothing is there. */
function existing(path, look) {
  try {
    return look(path);
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
  return fail(`${path} is no list of keys.`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
