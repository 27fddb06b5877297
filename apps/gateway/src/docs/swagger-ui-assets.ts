import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { onAnswerOver } from '../http/answer-over.js';
import type { Hooks } from '../http/hooks.js';
import { FILES } from '../runtime.module.js';

const ASSETS = new Set(['/swagger-ui.css', '/swagger-ui-bundle.js', '/favicon-32x32.png']);

/** Serves the files of Swagger UI that its page asks for. */
export async function serveSwaggerUiAssets(app: NestFastifyApplication): Promise<void> {
  await app.register(fastifyStatic, {
    root: fileURLToPath(new URL('swagger-ui', app.get<URL>(FILES))),
    prefix: '/docs/',
    decorateReply: false,
    index: false,
    allowedPath: (path) => ASSETS.has(path),
  });
}

/** Fastify does so as well, but not for a pipelined request that still waits for its turn when its caller leaves. */
export const closeUnsentFiles: Hooks = {
  onSend: (_request, reply, payload) => {
    if (payload instanceof Readable) onAnswerOver(reply, () => payload.destroy());
  },
};
