import { readFileSync } from 'node:fs';

import { systemClock } from '@app/resilience';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { expect, it } from 'vitest';

import { GatewayModule } from '../gateway.module.js';
import { createLogger } from '../observability/logger.js';
import { parseSettings } from '../settings/parse-settings.js';
import { createOpenApiDocument, serializeOpenApiDocument } from './openapi-document.js';

const ROOT = new URL('../../../../', import.meta.url);

it('is the committed openapi.json, made from the code', async () => {
  const app = await NestFactory.create(
    GatewayModule.register({
      settings: parseSettings({}),
      logger: createLogger('silent'),
      clock: systemClock,
      files: ROOT,
    }),
    new FastifyAdapter(),
    {
      preview: true,
      logger: false,
    },
  );
  const committed = readFileSync(new URL('openapi.json', ROOT), 'utf8');
  const stale = 'openapi.json is stale: run `npm run build` and commit it.';
  expect(committed, stale).toBe(serializeOpenApiDocument(createOpenApiDocument(app)));
});
