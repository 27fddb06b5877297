import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the folder that the gateway serves files from. */
    files: string;
  }
}

/**
 * Copies the files that `tools/bundle.mjs` puts beside the bundle into a temporary folder, because e2e tests need no
 * build.
 */
export default function layOutServedFiles({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'served-files-'));
  const committed = fileURLToPath(new URL('../../openapi.json', import.meta.url));
  copyFileSync(committed, join(folder, 'openapi.json'));
  const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  symlinkSync(swaggerUi, join(folder, 'swagger-ui'), 'dir');
  const page = fileURLToPath(new URL('../../apps/gateway/src/docs/page', import.meta.url));
  symlinkSync(page, join(folder, 'docs-page'), 'dir');
  provide('files', pathToFileURL(`${folder}/`).href);
  return () => {
    rmSync(folder, { recursive: true });
  };
}
