import { requestPath } from '@app/problem-details';
import { traceIdOf, type Tracing } from '@app/tracing';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { hadCallerLeft, onAnswerOver } from '../http/answer-over.js';
import type { Hooks } from '../http/hooks.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The trace that it belongs to, for its log line: its caller's, or ours. */
    traceId?: string | undefined;
  }
}

/** Has a request know its caller's trace, where the gateway itself traces nothing. */
export const noteTrace: Hooks = {
  onArrival: (request) => {
    request.traceId = traceIdOf(request.headers);
  },
};

/** Gives each request a span, from its arrival until its answer is out. A hook of its own: what follows runs within it. */
export function traceRequests(server: FastifyInstance, tracing: Tracing): void {
  server.addHook('onRequest', (request, reply, done) => {
    const { method, routeOptions, headers } = request;
    tracing.serve(
      routeOptions.url === undefined ? method : `${method} ${routeOptions.url}`,
      headers,
      (span) => {
        request.traceId = span.traceId;
        onAnswerOver(reply, () => {
          span.end(attributesOf(request, reply));
        });
        done();
      },
    );
  });
}

/** As OpenTelemetry's semantic conventions for HTTP servers name them: a caller's mistake is no error of ours. */
function attributesOf(request: FastifyRequest, reply: FastifyReply) {
  const { statusCode, raw } = reply;
  const { method, url, routeOptions, problem, reading, id } = request;
  return {
    'http.request.method': method,
    'url.path': requestPath(url),
    'http.route': routeOptions.url,
    // None was sent to a caller who left.
    'http.response.status_code': raw.writableFinished ? statusCode : undefined,
    'error.type': hadCallerLeft(reply) ? 'aborted' : statusCode >= 500 ? problem?.code : undefined,
    'outboundbot_gateway.request_id': id,
    'outboundbot_gateway.problem': problem?.code,
    'outboundbot_gateway.cache': reading?.cache,
  };
}
