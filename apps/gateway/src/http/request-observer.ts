import type { Problem } from '@app/problem-details';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { onAnswerOver } from './answer-over.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** When it arrived, on the monotonic clock in milliseconds. */
    arrivedAt?: number;
  }
}

/** Is told of everything that was answered, once: the log and the metrics. */
export interface RequestObserver {
  /** The answer has left or can no longer leave. */
  answered(request: FastifyRequest, reply: FastifyReply): void;
  /** Bytes that are no request that could be served were answered with this. */
  refused(problem: Problem, requestId: string): void;
}

/** Tells of each request that gets as far as a hook. */
export function observeRequests(server: FastifyInstance, observer: RequestObserver): void {
  server.addHook('onRequest', (request, _reply, done) => {
    request.arrivedAt = performance.now();
    done();
  });
  // Fastify's own onResponse hook never runs for a caller who left before the answer.
  server.addHook('onSend', (request, reply, payload, done) => {
    observeAnswer(request, reply, observer);
    done(null, payload);
  });
}

/** Tells of one request, as soon as its answer is over. */
export function observeAnswer(request: FastifyRequest, reply: FastifyReply, observer: RequestObserver): void {
  onAnswerOver(reply, () => {
    observer.answered(request, reply);
  });
}

/** Tells all of them. */
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
