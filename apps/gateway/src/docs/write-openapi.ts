/** Writes `openapi.json`, as part of the build. Nothing is started. */
import 'reflect-metadata';

import { writeFileSync } from 'node:fs';

import { systemClock } from '@app/resilience';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

import { GatewayModule } from '../gateway.module.js';
import { createLogger } from '../observability/logger.js';
import { parseSettings } from '../settings/parse-settings.js';
import { createOpenApiDocument, serializeOpenApiDocument } from './openapi-document.js';

const root = new URL('../../../../../', import.meta.url);

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
writeFileSync(new URL('openapi.json', root), serializeOpenApiDocument(createOpenApiDocument(app)));
