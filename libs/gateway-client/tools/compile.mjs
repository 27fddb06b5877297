// Builds the package into dist/, or into the given folder: its ECMAScript modules, the same as CommonJS in cjs/, and the
// manifest. Only this folder can be packed. The manifest of the sources has no version, so that npm refuses to pack them:
// they would make an empty package, because npm does not build before it packs if `ignore-scripts` is set.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { argv, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('..', import.meta.url));
const root = join(source, '../..');
const out = resolve(argv[2] ?? join(source, 'dist'));
const cjs = join(out, 'cjs');

rmSync(out, { recursive: true, force: true });
for (const options of [
  ['--outDir', out],
  ['--outDir', cjs, '--module', 'commonjs', '--moduleResolution', 'bundler'],
]) {
  // The declarations keep their comments, which editors show. The scripts have none, so that browsers download less.
  compile([...options, '--emitDeclarationOnly']);
  compile([...options, '--declaration', 'false', '--removeComments', '--noCheck']);
}
removeUnneeded();
writeJson(join(cjs, 'package.json'), { type: 'commonjs' });
writeJson(join(out, 'package.json'), publishedManifest());
for (const name of ['README.md', 'LICENSE']) copyFileSync(join(source, name), join(out, name));

function compile(options) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(execPath, [tsc, '-p', source, ...options], { stdio: 'inherit' });
}

/**
 * Removes the declarations that the entry points do not need, such as those of the routes, which are most of the text, and the
 * scripts of generated types, which are empty.
 */
function removeUnneeded() {
  const needed = new Set();
  const pending = entryPoints();
  for (const path of pending) {
    if (needed.has(path)) continue;
    needed.add(path);
    const imports = readFileSync(path, 'utf8').matchAll(/\bfrom '(\.[^']+)\.js'/g);
    pending.push(...[...imports].map(([, name]) => join(dirname(path), `${name}.d.ts`)));
  }
  for (const name of readdirSync(out, { recursive: true })) {
    const path = join(out, name);
    if ((name.endsWith('.d.ts') && !needed.has(path)) || /generated.*\.js$/.test(name)) rmSync(path);
  }
}

/** The declarations of the entry points. */
function entryPoints() {
  return Object.values(publishedManifest().exports)
    .flatMap((entry) => (typeof entry === 'string' ? [] : Object.values(entry)))
    .map(({ types }) => join(out, types));
}

/** The manifest of the sources, with the paths as they are beside it, and with the version of the gateway. */
function publishedManifest() {
  const manifest = readFileSync(join(source, 'package.json'), 'utf8').replaceAll('"./dist/', '"./');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { ...JSON.parse(manifest), version, private: undefined };
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
