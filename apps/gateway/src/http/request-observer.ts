import type { Problem } from '@app/problem-details';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { onResponseClosed } from './response-closed.js';

/** Is told of every answer, exactly once: the log and the metrics. */
export interface RequestObserver {
  /** The response has been sent, or can no longer be sent. */
  answered(request: FastifyRequest, reply: FastifyReply): void;
  /** Bytes that are not a valid request were answered with this error. */
  refused(problem: Problem, requestId: string): void;
}

/** Tells the observer of every request that reaches a hook. */
export function observeRequests(server: FastifyInstance, observer: RequestObserver): void {
  server.addHook('onRequest', (request, _reply, done) => {
    request.arrivedAt = performance.now();
    done();
  });
  // Not onResponse: Fastify does not run it when the caller disconnects before the response.
  server.addHook('onSend', (request, reply, _payload, done) => {
    observeResponse(request, reply, observer);
    done();
  });
}

/** Tells the observer of one request as soon as its response is closed. */
export function observeResponse(
  request: FastifyRequest,
  reply: FastifyReply,
  observer: RequestObserver,
): void {
  onResponseClosed(reply, () => {
    observer.answered(request, reply);
  });
}

export function allOf(...observers: readonly RequestObserver[]): RequestObserver {
  return {
    answered: (request, reply) => {
      for (const observer of observers) observer.answered(request, reply);
    },
    refused: (problem, requestId) => {
      for (const observer of observers) observer.refused(problem, requestId);
    },
  };
}
