import { ProblemFilter } from '@app/problem-details';
import type { Tracing } from '@app/tracing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { serveSwaggerUiAssets } from './docs/swagger-ui-assets.js';
import { Readiness } from './health/readiness.js';
import { endConnectionsWhenStopping } from './http/connection-end.js';
import { limitConnections } from './http/connection-limits.js';
import { allowOrigins } from './http/cors.js';
import { shedLoad } from './http/load-shedding.js';
import { answerUnusualRequests } from './http/malformed-requests.js';
import { echoRequestId } from './http/request-id.js';
import { observeRequests, type RequestObserver } from './http/request-observer.js';
import { setSecurityHeaders } from './http/security-headers.js';
import { answerUnroutedRequests } from './http/unrouted-requests.js';
import { GatewayMetrics } from './metrics/gateway-metrics.js';
import { Settings } from './settings/settings.js';
import { traceRequests } from './tracing/trace-requests.js';
import { TRACING } from './tracing/tracing.module.js';

/** Everything that surrounds the controllers, in the order in which a request meets it. */
export async function configureApp(app: NestFastifyApplication, observer: RequestObserver): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  observeRequests(server, observer);
  traceRequests(server, app.get<Tracing | undefined>(TRACING));
  echoRequestId(server);
  const allowOrigin = allowOrigins(app.get(Settings).server.corsOrigins);
  server.addHook('onRequest', (request, reply, done) => {
    allowOrigin(request, reply);
    done();
  });
  limitConnections(server);
  endConnectionsWhenStopping(server, app.get(Readiness));
  app.get(GatewayMetrics).watchConnections(server.awaitedAnswers);
  setSecurityHeaders(server);
  answerUnusualRequests(server, observer);
  await shedLoad(app);
  answerUnroutedRequests(server);
  await serveSwaggerUiAssets(app);
  app.useGlobalFilters(new ProblemFilter());
}
