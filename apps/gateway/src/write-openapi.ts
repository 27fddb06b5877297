/** Writes `openapi.json`, as part of the build. */
import 'reflect-metadata';

import { writeFileSync } from 'node:fs';

import { openApiJson } from './openapi-json.js';

// This program runs from dist/apps/gateway/src.
writeFileSync(new URL('../../../../openapi.json', import.meta.url), await openApiJson());
