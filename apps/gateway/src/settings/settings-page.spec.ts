import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { VARIABLE_NAMES } from './parse-settings.js';
import { settingsPage } from './settings-page.js';

const source = readFileSync(new URL('environment.ts', import.meta.url), 'utf8');

it('is the committed docs/settings.md', () => {
  const committed = readFileSync(new URL('../../../../docs/settings.md', import.meta.url), 'utf8');
  const stale = 'docs/settings.md is stale: run `npm run docs:settings` and commit it.';
  expect(committed, stale).toBe(settingsPage(source));
});

it('shows the default, the rule and the comment of a setting', () => {
  expect(settingsPage(source)).toContain(
    '- **`PORT`** (default `3000`): a whole number from 0 to 65535\\\n  0 takes any free port.\n',
  );
});

it('shows no default where there is none, and none for an empty list', () => {
  const page = settingsPage(source);
  expect(page).toContain('- **`REDIS_URL`**: a URL such as redis://');
  expect(page).toContain('- **`CORS_ORIGINS`** (default `none`): none, or origins');
});

it('introduces a group with the comment of its class', () => {
  expect(settingsPage(source)).toContain(
    '## Cache\n\nWhat callers see of these: [caching](api.md#caching).\n\n',
  );
});

it('has every setting once', () => {
  const names = [...settingsPage(source).matchAll(/^- \*\*`(\w+)`/gm)].map(([, name]) => name);
  expect(names).toStrictEqual(VARIABLE_NAMES);
});

it('refuses a setting without a comment', () => {
  expect(() => settingsPage(source.replace('/** 0 takes any free port. */', ''))).toThrow(
    'PORT has no comment in environment.ts',
  );
});
