import { requestPath } from '@app/problem-details';
import { traceIdOf, type Tracing } from '@app/tracing';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { onAnswerOver } from '../http/answer-over.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The trace that it belongs to, for its log line: its caller's, or ours. */
    traceId?: string | undefined;
  }
}

/** Gives each request a span, from its arrival until its answer is out. Without tracing it only learns its trace's id. */
export function traceRequests(server: FastifyInstance, tracing: Tracing | undefined): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (!tracing) {
      request.traceId = traceIdOf(request.headers);
      done();
      return;
    }
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
function attributesOf(request: FastifyRequest, { statusCode, raw }: FastifyReply) {
  const { method, url, routeOptions, problem, reading, id } = request;
  return {
    'http.request.method': method,
    'url.path': requestPath(url),
    'http.route': routeOptions.url,
    // None was sent to a caller who left.
    'http.response.status_code': raw.writableFinished ? statusCode : undefined,
    'error.type': !raw.writableFinished ? 'aborted' : statusCode >= 500 ? problem?.code : undefined,
    'outboundbot_gateway.request_id': id,
    'outboundbot_gateway.problem': problem?.code,
    'outboundbot_gateway.cache': reading?.cache,
  };
}
