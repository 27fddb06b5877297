import { ProblemFilter } from '@app/problem-details';
import type { Tracing } from '@app/tracing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { closeUnsentFiles, serveSwaggerUiAssets } from './docs/swagger-ui-assets.js';
import { Readiness } from './health/readiness.js';
import { answerHalfClosed } from './http/answer-over.js';
import { endConnectionsWhenStopping } from './http/connection-end.js';
import { limitConnections, limitUnreadBodies } from './http/connection-limits.js';
import { allowOrigins } from './http/cors.js';
import { addHooks } from './http/hooks.js';
import { shedLoad } from './http/load-shedding.js';
import { answerUnusualRequests, requireHost } from './http/malformed-requests.js';
import { echoRequestId } from './http/request-id.js';
import { observeRequests, type RequestObserver } from './http/request-observer.js';
import { setSecurityHeaders } from './http/security-headers.js';
import { answerUnroutedRequests } from './http/unrouted-requests.js';
import { GatewayMetrics } from './metrics/gateway-metrics.js';
import { Settings } from './settings/settings.js';
import { noteTrace, traceRequests } from './tracing/trace-requests.js';
import { TRACING } from './tracing/tracing.module.js';

/** Everything that surrounds the controllers, in the order in which a request meets it. */
export async function configureApp(app: NestFastifyApplication, observer: RequestObserver): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  const tracing = app.get<Tracing | undefined>(TRACING);
  limitConnections(server);
  answerHalfClosed(server);
  addHooks(server, [
    observeRequests(observer),
    ...(tracing ? [] : [noteTrace]),
    echoRequestId,
    { onArrival: allowOrigins(app.get(Settings).server.corsOrigins) },
    limitUnreadBodies,
    endConnectionsWhenStopping(server, app.get(Readiness)),
    setSecurityHeaders,
    requireHost,
    closeUnsentFiles,
  ]);
  app.get(GatewayMetrics).watchConnections(server.connections);
  if (tracing) traceRequests(server, tracing);
  answerUnusualRequests(server, observer);
  await shedLoad(app);
  answerUnroutedRequests(server);
  await serveSwaggerUiAssets(app);
  app.useGlobalFilters(new ProblemFilter());
}
