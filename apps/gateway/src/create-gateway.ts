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
import { allOf } from './http/request-observer.js';
import { NestLogger } from './log/logger.js';
import { RequestLog } from './log/request-log.js';
import { GatewayMetrics } from './metrics/gateway-metrics.js';
import { MetricsListener } from './metrics/metrics-listener.js';
import { LOGGER, type Runtime } from './runtime.module.js';
import { proxiesInUse } from './settings/proxies-in-use.js';
import { Settings } from './settings/settings.js';

/** The gateway, ready to listen. */
export async function createGateway(runtime: Runtime): Promise<NestFastifyApplication> {
  const { logger, settings } = runtime;
  const { corsOrigins, trustProxy } = settings.server;
  const metrics = new GatewayMetrics();
  const observer = allOf(new RequestLog(logger), metrics);
  const adapter = new FastifyAdapter({
    genReqId: requestIdOf,
    // Fastify's own true would believe all that the header says, and so the caller.
    trustProxy: trustProxy === true ? (_address, hop) => hop === 0 : trustProxy && [...trustProxy],
    frameworkErrors: answerMalformedUrl(observer, allowOrigins(corsOrigins)),
    clientErrorHandler: answerMalformedHttp(observer),
    // What comes while it closes is still answered, on a connection that then ends.
    return503OnClosing: false,
    ...CONNECTION_LIMITS,
    // There is no middleware, only hooks.
    skipMiddie: true,
    routerOptions: {
      // A long id is a malformed id, not an unknown route. Node's limit on headers bounds it.
      maxParamLength: 65_536,
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.register(runtime, metrics),
    adapter,
    {
      logger: new NestLogger(logger),
      abortOnError: false,
    },
  );
  await configureApp(app, observer);
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
  const settings = app.get(Settings);
  const { host, port } = settings.server;
  const readiness = app.get(Readiness);
  const proxies = proxiesInUse(settings);
  if (Object.keys(proxies).length > 0) app.get<Logger>(LOGGER).info({ proxies }, 'calls go through a proxy');
  try {
    await app.get(MetricsListener).listen();
    await app.listen(port, host);
    await app.get(OutboundBotClient).warmUp();
  } catch (error) {
    await app.close();
    throw error;
  }
  readiness.started();
  if (readiness.status === 'ready') app.get<Logger>(LOGGER).info({ url: await app.getUrl() }, 'ready');
}
