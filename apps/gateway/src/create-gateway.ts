import { OutboundBotClient } from '@app/outboundbot-client';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

import { configureApp } from './configure-app.js';
import { GatewayModule } from './gateway.module.js';
import { Readiness } from './health/readiness.js';
import { answerMalformedHttp, answerMalformedUrl } from './http/malformed-requests.js';
import { requestIdOf } from './http/request-id.js';
import { NestLogger } from './log/logger.js';
import type { Runtime } from './runtime.module.js';

/** The gateway, ready to listen. */
export async function createGateway(runtime: Runtime): Promise<NestFastifyApplication> {
  const { logger } = runtime;
  const adapter = new FastifyAdapter({
    genReqId: requestIdOf,
    frameworkErrors: answerMalformedUrl(logger),
    clientErrorHandler: answerMalformedHttp(logger),
    // What comes while it closes is still answered, on a connection that then ends.
    return503OnClosing: false,
    routerOptions: {
      // A long id is a malformed id, not an unknown route. Node's limit on headers bounds it.
      maxParamLength: 65_536,
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.register(runtime), adapter, {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  await configureApp(app, logger);
  return app;
}

/**
 * Starts the gateway: it listens, gets its credentials, and only then says that it is ready.
 *
 * @throws {CredentialsUnavailableError} if there are none
 * @throws what `listen` throws if the address cannot be had
 */
export async function startGateway(runtime: Runtime): Promise<NestFastifyApplication> {
  const { settings, logger } = runtime;
  const app = await createGateway(runtime);
  try {
    const { host, port } = settings.server;
    await app.listen(port, host);
    await app.get(OutboundBotClient).warmUp();
  } catch (error) {
    await app.close();
    throw error;
  }
  app.get(Readiness).started();
  logger.info({ url: await app.getUrl() }, 'ready');
  return app;
}
