// Generates a client from an OpenAPI document with each generator, each in a folder of its own of the current folder:
// `node generate.mjs DOCUMENT BASE_URL`.
import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';

import { createClient } from '@hey-api/openapi-ts';
import { build } from '@kubb/core';
import { pluginClient } from '@kubb/plugin-client';
import { pluginOas } from '@kubb/plugin-oas';
import { pluginTs } from '@kubb/plugin-ts';
import openapiTS, { astToString } from 'openapi-typescript';
import { generate } from 'orval';
import { generateApi } from 'swagger-typescript-api';

const [, , document, baseUrl] = argv;

await mkdir('openapi-typescript');
await writeFile('openapi-typescript/schema.ts', astToString(await openapiTS(pathToFileURL(document))));

await createClient({
  input: document,
  output: 'hey-api',
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
});

await generate({
  input: document,
  output: { target: 'orval/api.ts', client: 'fetch', mode: 'single', baseUrl },
});

await build({
  config: {
    root: '.',
    input: { path: document },
    output: { path: 'kubb', format: false, lint: false },
    plugins: [
      pluginOas({ generators: [] }),
      pluginTs(),
      pluginClient({ importPath: '../../../kubb-fetch.ts' }),
    ],
  },
});

await generateApi({ input: document, output: resolve('swagger-typescript-api'), fileName: 'api.ts' });
