import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
// The package's own entry would load Swagger UI itself, a megabyte of it.
import getAbsoluteFSPath from 'swagger-ui-dist/absolute-path.js';

const ASSETS = new Set(['/swagger-ui.css', '/swagger-ui-bundle.js', '/favicon-32x32.png']);

/** Serves the files of Swagger UI that its page asks for. */
export async function serveSwaggerUiAssets(app: NestFastifyApplication): Promise<void> {
  await app.register(fastifyStatic, {
    root: getAbsoluteFSPath(),
    prefix: '/docs/',
    decorateReply: false,
    index: false,
    allowedPath: (path) => ASSETS.has(path),
  });
}
