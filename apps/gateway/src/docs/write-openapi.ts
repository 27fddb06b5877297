/** Writes `openapi.json`. Part of the build; nothing is started. */
import 'reflect-metadata';

import { copyFileSync, writeFileSync } from 'node:fs';

import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

import { GatewayModule } from '../gateway.module.js';
import { parseSettings } from '../settings/parse-settings.js';
import { createOpenApiDocument, serializeOpenApiDocument } from './openapi-document.js';

const app = await NestFactory.create(GatewayModule.register(parseSettings({})), new FastifyAdapter(), {
  // Creates no provider: only the routes and their metadata are needed.
  preview: true,
  abortOnError: false,
  logger: ['error'],
});
const [committed, built] = ['../../../../../openapi.json', '../../../../openapi.json'].map(
  (path) => new URL(path, import.meta.url),
) as [URL, URL];
writeFileSync(committed, serializeOpenApiDocument(createOpenApiDocument(app)));
copyFileSync(committed, built);
