import { requestPath } from '@app/problem-details';
import { traceIdOf, type Tracing } from '@app/tracing';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { isHealthPath } from '../http/health-path.js';
import type { Hooks } from '../http/hooks.js';
import { hadCallerLeft, onResponseClosed } from '../http/response-closed.js';

/** Keeps the trace id of the caller for the log line. Used if the gateway itself exports no traces. */
export function noteTraces(hooks: Hooks): void {
  hooks.onRequest((request) => {
    request.traceId = traceIdOf(request.headers);
  });
}

/**
 * Gives each request a span from its arrival until its response is closed. All later hooks run inside the span. Requests for
 * health have none: they come every few seconds and tell nothing.
 */
export function traceRequests(server: FastifyInstance, tracing: Tracing): void {
  server.addHook('onRequest', (request, reply, done) => {
    const { method, url, routeOptions, headers } = request;
    if (isHealthPath(url)) {
      request.traceId = traceIdOf(headers);
      done();
      return;
    }
    tracing.serve(
      routeOptions.url === undefined ? method : `${method} ${routeOptions.url}`,
      headers,
      (span) => {
        request.traceId = span.traceId;
        onResponseClosed(reply, () => {
          span.end(attributesOf(request, reply));
        });
        done();
      },
    );
  });
}

/**
 * Attributes with the names of OpenTelemetry's semantic conventions for HTTP servers. For a server, a 4xx status is not
 * an error.
 */
function attributesOf(request: FastifyRequest, reply: FastifyReply) {
  const { statusCode, raw } = reply;
  const { method, url, routeOptions, problem, reading, id } = request;
  return {
    'http.request.method': method,
    'url.path': requestPath(url),
    'http.route': routeOptions.url,
    // A caller that left has received no status.
    'http.response.status_code': raw.writableFinished ? statusCode : undefined,
    'error.type': hadCallerLeft(reply) ? 'aborted' : statusCode >= 500 ? problem?.code : undefined,
    'outboundbot_gateway.request_id': id,
    'outboundbot_gateway.problem': problem?.code,
    'outboundbot_gateway.cache': reading?.cache,
  };
}
