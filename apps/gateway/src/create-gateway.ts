import { OutboundBotClient } from '@app/outboundbot-client';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';

import { configureApp } from './configure-app.js';
import { GatewayModule } from './gateway.module.js';
import { Readiness } from './health/readiness.js';
import { CONNECTION_LIMITS } from './http/connection-limits.js';
import { allowOrigins } from './http/cors.js';
import { answerMalformedHttp, answerMalformedUrl } from './http/malformed-requests.js';
import { requestIdOf } from './http/request-id.js';
import { NestLogger } from './log/logger.js';
import { LOGGER, type Runtime } from './runtime.module.js';
import { Settings } from './settings/settings.js';

/** The gateway, ready to listen. */
export async function createGateway(runtime: Runtime): Promise<NestFastifyApplication> {
  const { logger, settings } = runtime;
  const { corsOrigins, trustProxy } = settings.server;
  const adapter = new FastifyAdapter({
    genReqId: requestIdOf,
    // Fastify's own true would believe all that the header says, and so the caller.
    trustProxy: trustProxy === true ? (_address, hop) => hop === 0 : trustProxy && [...trustProxy],
    frameworkErrors: answerMalformedUrl(logger, allowOrigins(corsOrigins)),
    clientErrorHandler: answerMalformedHttp(logger),
    // What comes while it closes is still answered, on a connection that then ends.
    return503OnClosing: false,
    ...CONNECTION_LIMITS,
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
 * Starts the gateway: it listens, gets its credentials, and only then says that it is ready. It may be told to stop
 * meanwhile, and then never is.
 *
 * @throws {CredentialsUnavailableError} if there are none
 * @throws what `listen` throws if the address cannot be had
 */
export async function startGateway(app: NestFastifyApplication): Promise<void> {
  const { host, port } = app.get(Settings).server;
  const readiness = app.get(Readiness);
  try {
    await app.listen(port, host);
    await app.get(OutboundBotClient).warmUp();
  } catch (error) {
    await app.close();
    throw error;
  }
  readiness.started();
  if (readiness.status === 'ready') app.get<Logger>(LOGGER).info({ url: await app.getUrl() }, 'ready');
}
