// `npm run api-key -- NAME ...`: creates, rotates and revokes API keys in the file that AUTH_API_KEYS_FILE names.
import { createHash, randomBytes } from 'node:crypto';

import { readArguments, UsageError } from './api-key/arguments.mjs';
import { changeEntries, KeyFileError } from './api-key/key-file.mjs';

/** The most hashes that the gateway accepts in one entry. */
const MAX_HASHES = 10;

try {
  const options = readArguments();
  if (options.rotate) await rotate(options);
  else if (options.revokeOld) await revokeOld(options);
  else await create(options);
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof KeyFileError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function create({ name, patterns, file, expiresAt }) {
  const { key, sha256 } = makeKey();
  const entry = { name, sha256, instances: patterns.length === 0 ? ['*'] : patterns, expiresAt };
  if (file === undefined) {
    console.log(`Add this entry to the list in the key file:\n\n${JSON.stringify(entry)}\n`);
  } else {
    await changeEntries(file, (entries) => {
      if (entries.some((known) => known?.name === name))
        throw new KeyFileError(
          `${file} already has a key with this name. To add a second key, use --rotate.`,
        );
      return [...entries, entry];
    });
    console.log(`The entry was added to ${file}.\n`);
  }
  show(key);
}

async function rotate({ name, file, expiresAt }) {
  const { key, sha256 } = makeKey();
  await changeEntry(file, name, (entry) => {
    const hashes = [...hashesOf(entry), sha256];
    if (hashes.length > MAX_HASHES)
      throw new KeyFileError(
        `${name} already has ${MAX_HASHES} keys: remove the old ones with --revoke-old.`,
      );
    return { ...entry, sha256: hashes, ...(expiresAt === undefined ? {} : { expiresAt }) };
  });
  console.log(
    `A key was added to the entry ${name} in ${file}. The keys from before stay valid until you run\n`,
  );
  console.log(`  npm run api-key -- ${name} --revoke-old --file ${file}\n`);
  show(key);
}

async function revokeOld({ name, file }) {
  await changeEntry(file, name, (entry) => {
    const hashes = hashesOf(entry);
    if (hashes.length < 2)
      throw new KeyFileError(`${name} has only one key: add a new one with --rotate first.`);
    return { ...entry, sha256: hashes.at(-1) };
  });
  console.log(`All keys of ${name} but the newest one were removed from ${file}.`);
}

function changeEntry(file, name, change) {
  return changeEntries(file, (entries) => {
    if (!entries.some((entry) => entry?.name === name))
      throw new KeyFileError(`${file} has no key with this name.`);
    return entries.map((entry) => (entry?.name === name ? change(entry) : entry));
  });
}

function hashesOf({ sha256 }) {
  return Array.isArray(sha256) ? sha256 : [sha256];
}

function makeKey() {
  // The prefix lets secret scanners find keys in code and logs.
  const key = `obg_${randomBytes(32).toString('base64url')}`;
  return { key, sha256: createHash('sha256').update(key).digest('hex') };
}

function show(key) {
  console.log(`The key. It is not shown again:\n\n${key}\n`);
}
