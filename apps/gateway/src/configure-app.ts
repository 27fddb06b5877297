import { ProblemFilter } from '@app/problem-details';
import type { Tracing } from '@app/tracing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import type { AddressLimit } from './http/address-limit.js';
import { connectionCapacity } from './http/connection-capacity.js';
import { ConnectionGuard } from './http/connection-guard.js';
import { disconnectStalledReaders, limitUnreadAnswers, limitUnreadBodies } from './http/connection-limits.js';
import { Connections } from './http/connections.js';
import { allowOrigins } from './http/cors.js';
import { Hooks } from './http/hooks.js';
import { shedLoad } from './http/load-shedding.js';
import {
  answerConnect,
  endUpgrades,
  rejectUnknownExpectations,
  requireHost,
} from './http/malformed-requests.js';
import { sendRequestId } from './http/request-id.js';
import { observeRequests, type RequestObserver } from './http/request-observer.js';
import { answerHalfClosed } from './http/response-closed.js';
import { sendSecurityHeaders } from './http/security-headers.js';
import { answerUnroutedRequests } from './http/unrouted-requests.js';
import { Readiness } from './lifecycle/readiness.js';
import { endConnectionsWhenStopping } from './lifecycle/shutdown.js';
import { GatewayMetrics } from './observability/gateway-metrics.js';
import { refusalLog } from './observability/refusal-log.js';
import { noteTraces, traceRequests } from './observability/trace-requests.js';
import { TRACING } from './observability/tracing.module.js';
import { CLOCK, LOGGER } from './runtime/runtime.module.js';
import { Settings } from './settings/settings.js';

/** Adds everything that surrounds the controllers. Hooks run in the order in which they are added here. */
export function configureApp(
  app: NestFastifyApplication,
  observer: RequestObserver,
  addressLimit: AddressLimit,
): void {
  const server = app.getHttpAdapter().getInstance();
  const settings = app.get(Settings);
  const { cors, publicUrl } = settings.server;
  const tracing = app.get<Tracing | undefined>(TRACING);
  const metrics = app.get(GatewayMetrics);
  const connections = app.get(Connections);
  const guard = new ConnectionGuard(
    connectionCapacity(settings),
    refusalLog(app.get(LOGGER), app.get(CLOCK)),
  );
  guard.watch(server.server);
  metrics.watchRefusals(() => guard.refused);
  connections.watch(server.server);
  disconnectStalledReaders(server, connections);
  limitUnreadAnswers(server, connections);
  answerHalfClosed(server);

  const hooks = new Hooks();
  observeRequests(hooks, observer);
  if (!tracing) noteTraces(hooks);
  sendRequestId(hooks);
  allowOrigins(hooks, cors);
  endConnectionsWhenStopping(hooks, app.get(Readiness));
  endUpgrades(hooks);
  sendSecurityHeaders(hooks);
  limitUnreadBodies(hooks);
  requireHost(hooks, addressLimit);
  rejectUnknownExpectations(server, hooks, addressLimit);
  shedLoad(server, hooks);
  hooks.addTo(server, connections);

  if (tracing) traceRequests(server, tracing);
  answerConnect(server, { observer, limit: addressLimit, connections, publicUrl });
  answerUnroutedRequests(server, addressLimit);
  metrics.watchConnections(connections);
  app.useGlobalFilters(new ProblemFilter(publicUrl));
}
