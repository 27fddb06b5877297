/** Writes `docs/settings.md`. With `--check` it only says whether the committed page is stale. */
import 'reflect-metadata';

import { readFileSync, writeFileSync } from 'node:fs';

import { settingsPage } from './settings-page.js';

const root = new URL('../../../../../', import.meta.url);
const committed = new URL('docs/settings.md', root);

const page = settingsPage(readFileSync(new URL('apps/gateway/src/settings/environment.ts', root), 'utf8'));

if (!process.argv.includes('--check')) {
  writeFileSync(committed, page);
} else if (readFileSync(committed, 'utf8') !== page) {
  process.stderr.write('docs/settings.md is stale: run `npm run docs:settings` and commit it.\n');
  process.exitCode = 1;
}
