import { OutboundBotClient } from '@app/outboundbot-client';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';

import { configureApp } from './configure-app.js';
import { GatewayModule } from './gateway.module.js';
import { AddressLimit } from './http/address-limit.js';
import { connectionWarnings } from './http/connection-capacity.js';
import { CONNECTION_LIMITS } from './http/connection-limits.js';
import { Connections } from './http/connections.js';
import { corsHeaders } from './http/cors.js';
import { answerMalformedHttp, answerMalformedUrl } from './http/malformed-requests.js';
import { requestIdOf } from './http/request-id.js';
import { allOf } from './http/request-observer.js';
import { Readiness } from './lifecycle/readiness.js';
import { GatewayMetrics } from './observability/gateway-metrics.js';
import { NestLogger } from './observability/logger.js';
import { MetricsListener } from './observability/metrics-listener.js';
import { RequestLog } from './observability/request-log.js';
import { LOGGER, type Runtime } from './runtime/runtime.module.js';
import { authInUse } from './settings/auth-in-use.js';
import { logSettingWarning } from './settings/log-setting-warning.js';
import { proxiesInUse } from './settings/proxies-in-use.js';
import { Settings } from './settings/settings.js';

/** Builds the gateway. It does not listen yet. */
export async function createGateway(runtime: Runtime): Promise<NestFastifyApplication> {
  const { clock, logger, settings } = runtime;
  const { cors, publicUrl, trustProxy } = settings.server;
  const metrics = new GatewayMetrics();
  metrics.watchLog(runtime.droppedLogLines ?? (() => 0));
  const observer = allOf(RequestLog.fromSettings(settings, logger, clock), metrics);
  const addressLimit = AddressLimit.fromSettings(settings, clock);
  const connections = new Connections();
  const answering = { observer, limit: addressLimit, connections, publicUrl };
  const adapter = new FastifyAdapter({
    genReqId: requestIdOf,
    // With true, Fastify would trust every entry of the header, also those that the caller wrote.
    trustProxy: trustProxy === true ? (_address, hop) => hop === 0 : trustProxy && [...trustProxy],
    frameworkErrors: answerMalformedUrl(answering, corsHeaders(cors)),
    clientErrorHandler: answerMalformedHttp(answering),
    // A request that arrives during the shutdown is still answered, and its connection closed.
    return503OnClosing: false,
    ...CONNECTION_LIMITS,
    // The gateway has hooks and no middleware.
    skipMiddie: true,
    routerOptions: {
      // Too long an id is an invalid id (400), not an unknown route (404). Node's limit of the header size bounds it.
      maxParamLength: 65_536,
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.register(runtime, metrics, addressLimit, connections),
    adapter,
    {
      logger: new NestLogger(logger),
      abortOnError: false,
    },
  );
  configureApp(app, observer, addressLimit);
  return app;
}

/**
 * Starts the gateway: it listens, gets its credentials, and is then ready, unless it was stopped meanwhile.
 *
 * @throws {CredentialsUnavailableError}
 * @throws the error of `listen`, for example if the port is taken
 */
export async function startGateway(app: NestFastifyApplication): Promise<void> {
  const settings = app.get(Settings);
  const { host, port } = settings.server;
  const readiness = app.get(Readiness);
  const proxies = proxiesInUse(settings);
  const logger = app.get<Logger>(LOGGER);
  for (const warning of [...settings.warnings, ...connectionWarnings(settings)])
    logSettingWarning(warning, logger);
  if (Object.keys(proxies).length > 0) logger.info({ proxies }, 'calls go through a proxy');
  try {
    await app.get(MetricsListener).listen();
    await app.listen(port, host);
    await app.get(OutboundBotClient).warmUp();
  } catch (error) {
    await app.close();
    throw error;
  }
  readiness.started();
  if (readiness.status === 'ready')
    logger.info({ auth: authInUse(settings), url: await app.getUrl() }, 'ready');
}
