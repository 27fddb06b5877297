import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import type { Hooks } from '../http/hooks.js';
import { onResponseClosed } from '../http/response-closed.js';
import { FILES } from '../runtime/runtime.module.js';

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

/**
 * Closes the file of a response that can no longer be sent. Fastify does so too, but not for a pipelined response that
 * still waits behind another one when the connection closes.
 */
export function closeUnsentFiles(hooks: Hooks): void {
  hooks.onSend((_request, reply, payload) => {
    if (payload instanceof Readable) onResponseClosed(reply, () => payload.destroy());
  });
}
