// Bundles the output of tsc into a program of a few files, `dist/APP/main.mjs`, which needs only Node.js: the folder can be
// copied anywhere (docs/adr/0012). Usage: `node tools/bundle.mjs [APP...]`; without a name it bundles all apps.
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

import { decode, encode } from '@jridgewell/sourcemap-codec';
import { rolldown } from 'rolldown';
import swaggerUiPath from 'swagger-ui-dist/absolute-path.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The apps, each with the function that adds the files it needs besides its code. */
const APPS = { gateway: addServedFiles, 'outboundbot-emulator': () => [] };

/** The modules for which tsc has written source maps. */
const OURS = { include: /\.js$/, exclude: /[\\/]node_modules[\\/]/ };

/** Packages that our dependencies use if they are installed, and do without otherwise. A bundle does not contain them. */
const OPTIONAL = [
  ...[
    /^@nestjs\/(microservices|websockets|platform-express)/,
    'class-transformer/storage',
    /^swagger-ui-dist/,
  ],
  ...[
    '@fastify/static',
    '@fastify/view',
    '@fastify/multipart',
    'bufferutil',
    'utf-8-validate',
    'pino-pretty',
    'supports-color',
  ],
];

for (const app of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(APPS)) await bundle(app);

async function bundle(app) {
  const warnings = [];
  const build = await rolldown({
    cwd: ROOT,
    platform: 'node',
    input: { main: `dist/apps/${app}/src/main.js` },
    external: OPTIONAL,
    plugins: [{ name: 'source-maps', load: { filter: { id: OURS }, handler: loadWithMap } }],
    onLog: (level, { message }) => warnings.push(`${level}: ${message}`),
  });
  const dir = join(ROOT, 'dist', app);
  const { output } = await build.generate({
    dir,
    format: 'esm',
    entryFileNames: '[name].mjs',
    // A module that is imported lazily stays a file of its own, so that it is read only when it is needed.
    chunkFileNames: '[name].mjs',
    sourcemap: true,
    comments: false,
    // Smaller code needs less memory. Names are kept, because logs, stacks and Nest use them.
    minify: {
      compress: { keepNames: { function: true, class: true } },
      mangle: { toplevel: true, keepNames: true },
      codegen: true,
    },
  });
  await build.close();
  // Without this check a missing package, for example, would be noticed only at run time.
  if (warnings.length > 0) {
    console.error(`${app} was not bundled: OPTIONAL in tools/bundle.mjs names what may be missing.\n`);
    console.error(stripVTControlCharacters(warnings.join('\n')));
    process.exit(1);
  }

  const chunks = output.filter(({ type }) => type === 'chunk');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  for (const { fileName, code, map } of chunks) {
    writeFileSync(join(dir, fileName), map ? withoutWideCharacters(code, map) : code);
    // Stack traces need only names and lines, not the text of the sources.
    if (map)
      writeFileSync(join(dir, `${fileName}.map`), JSON.stringify({ ...map, sourcesContent: undefined }));
  }
  const packages = new Set(chunks.flatMap(({ moduleIds }) => moduleIds.map(packageOf)).filter(Boolean));
  for (const path of APPS[app](dir)) packages.add(path);
  writeFileSync(join(dir, 'LICENSES.txt'), licencesOf([...packages].sort()));
}

/** Loads a module with the source map of tsc, which leads to the TypeScript sources. */
function loadWithMap(path) {
  return { code: readFileSync(path, 'utf8'), map: readFileSync(`${path}.map`, 'utf8') };
}

/**
 * V8 stores a source in one byte per character, but in two if any character needs two. For our bundles this would cost
 * megabytes, so this function replaces such characters by escapes. It also changes the map in place, because an escape
 * moves the rest of its line.
 */
function withoutWideCharacters(code, map) {
  const wide = /[^\0-\xff]/g;
  const mappings = decode(map.mappings);
  code.split('\n').forEach((line, number) => {
    const columns = [...line.matchAll(wide)].map(({ index }) => index);
    let passed = 0;
    for (const segment of mappings[number] ?? []) {
      while (columns[passed] < segment[0]) passed += 1;
      segment[0] += passed * ('\\uXXXX'.length - 1);
    }
  });
  map.mappings = encode(mappings);
  return code.replace(wide, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Adds the files that the gateway serves from disk. Returns the folders of the packages that contain them. */
function addServedFiles(dir) {
  const swaggerUi = swaggerUiPath();
  mkdirSync(join(dir, 'swagger-ui'));
  for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'])
    copyFileSync(join(swaggerUi, name), join(dir, 'swagger-ui', name));
  // The licences of the code in swagger-ui-bundle.js, which refers to this file. The gateway does not serve it.
  const licences = 'swagger-ui-bundle.js.LICENSE.txt';
  copyFileSync(join(swaggerUi, licences), join(dir, 'swagger-ui', licences));
  cpSync(join(ROOT, 'apps/gateway/src/docs/page'), join(dir, 'docs-page'), { recursive: true });
  copyFileSync(join(ROOT, 'openapi.json'), join(dir, 'openapi.json'));
  return [swaggerUi];
}

/** The folder of the package that contains a module; undefined for our own modules. */
function packageOf(moduleId) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(moduleId)?.[0];
}

/** Licences require that their text goes with every copy. Packages with the same text share one section. */
function licencesOf(packages) {
  const byText = new Map();
  for (const path of packages) {
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const text = readdirSync(path)
      .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
      .map((file) => readFileSync(join(path, file), 'utf8').trim())
      .join('\n\n');
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const line = '-'.repeat(80);
  const sections = [...byText].map(([text, names]) => {
    return [line, ...names, line, '', text || 'The package has no text of its licence.', ''].join('\n');
  });
  return `This program has code of ${packages.length} packages.\n\n${sections.join('\n')}`;
}
