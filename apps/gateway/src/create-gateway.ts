import { OutboundBotClient } from '@app/outboundbot-client';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';

import { configureApp } from './configure-app.js';
import { GatewayModule } from './gateway.module.js';
import { Readiness } from './health/readiness.js';
import { NestLogger } from './http/logger.js';
import { answerMalformedHttp, answerMalformedUrl } from './http/malformed-requests.js';
import { requestIdOf } from './http/request-id.js';
import { Settings } from './settings/settings.js';

/** The gateway, ready to listen. */
export async function createGateway(settings: Settings, logger: Logger): Promise<NestFastifyApplication> {
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
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.register(settings), adapter, {
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
export async function startGateway(settings: Settings, logger: Logger): Promise<NestFastifyApplication> {
  const app = await createGateway(settings, logger);
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
