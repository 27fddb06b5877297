import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { openApiJson } from './openapi-json.js';

it('makes the committed openapi.json from the controllers', async () => {
  const committed = readFileSync(new URL('../../../openapi.json', import.meta.url), 'utf8');
  expect(committed, 'openapi.json is stale: run `npm run build` and commit it').toBe(await openApiJson());
});
