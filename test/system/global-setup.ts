import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { TestProject } from 'vitest/node';

import { contextFilter } from '../support/dockerignore.js';
import { environmentOfNpm } from '../support/npm.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A temporary copy of this repository in which `npm run build` has run. */
    build: string;
  }
}

/** The committed files that `npm run build` writes. */
export const GENERATED = [
  'openapi.json',
  'libs/gateway-client/src/generated/paths.ts',
  'libs/gateway-client/src/generated/schemas.ts',
];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs `npm run build` once, in a temporary folder with the files that `.dockerignore` lets into an image's build. No
 * test builds there again or writes into the work tree, so a stale committed file stays stale and fails its test.
 */
export default function build({ provide }: TestProject): () => void {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gateway-build-')));
  const isInContext = contextFilter(readFileSync(join(ROOT, '.dockerignore'), 'utf8'));
  cpSync(ROOT, folder, {
    recursive: true,
    filter: (source) => source === ROOT || isInContext(relative(ROOT, source)),
  });
  // The build must write these, so that they can be compared with what is committed.
  for (const path of GENERATED) rmSync(join(folder, path));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  execFileSync('npm', ['run', '--silent', 'build'], {
    cwd: folder,
    env: environmentOfNpm(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  provide('build', folder);
  provide('files', pathToFileURL(join(folder, 'dist/gateway/')).href);
  return () => {
    rmSync(folder, { recursive: true });
  };
}
