/** Writes `docs/settings.md` from the source of the settings. */
import 'reflect-metadata';

import { readFileSync, writeFileSync } from 'node:fs';

import { settingsPage } from './settings-page.js';

const root = new URL('../../../../../', import.meta.url);

const source = readFileSync(new URL('apps/gateway/src/settings/environment.ts', root), 'utf8');
writeFileSync(new URL('docs/settings.md', root), settingsPage(source));
