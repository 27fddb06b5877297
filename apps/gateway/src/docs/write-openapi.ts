/**
 * Writes `openapi.json`, as part of the build. With `--check` it only says whether the committed one is stale.
 * Nothing is started.
 */
import 'reflect-metadata';

import { readFileSync, writeFileSync } from 'node:fs';

import { systemClock } from '@app/resilience';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

import { GatewayModule } from '../gateway.module.js';
import { createLogger } from '../observability/logger.js';
import { parseSettings } from '../settings/parse-settings.js';
import { createOpenApiDocument, serializeOpenApiDocument } from './openapi-document.js';

const root = new URL('../../../../../', import.meta.url);
const committed = new URL('openapi.json', root);

const app = await NestFactory.create(
  GatewayModule.register({
    settings: parseSettings({}),
    logger: createLogger('silent'),
    clock: systemClock,
    files: root,
  }),
  new FastifyAdapter(),
  {
    // Creates no provider: only the routes and their metadata are needed.
    preview: true,
    abortOnError: false,
    logger: ['error'],
  },
);
const document = serializeOpenApiDocument(createOpenApiDocument(app));

if (!process.argv.includes('--check')) {
  writeFileSync(committed, document);
} else if (readFileSync(committed, 'utf8') !== document) {
  process.stderr.write('openapi.json is stale: run `npm run build` and commit it.\n');
  process.exitCode = 1;
}
