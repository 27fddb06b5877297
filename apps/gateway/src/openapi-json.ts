import { systemClock } from '@app/resilience';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

import { createOpenApiDocument } from './docs/openapi-document.js';
import { GatewayModule } from './gateway.module.js';
import { createLogger } from './observability/logger.js';
import { parseSettings } from './settings/parse-settings.js';

/** The text of `openapi.json`, made from the controllers. Nothing is started: Nest's preview mode creates no provider. */
export async function openApiJson(): Promise<string> {
  const runtime = {
    settings: parseSettings({}),
    logger: createLogger('silent'),
    clock: systemClock,
    files: new URL('.', import.meta.url),
  };
  const app = await NestFactory.create(GatewayModule.register(runtime), new FastifyAdapter(), {
    preview: true,
    abortOnError: false,
    logger: ['error'],
  });
  return `${JSON.stringify(createOpenApiDocument(app), null, 2)}\n`;
}
