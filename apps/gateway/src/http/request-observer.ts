import type { Problem } from '@app/problem-details';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { onAnswerOver } from './answer-over.js';
import type { Hooks } from './hooks.js';

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
export function observeRequests(observer: RequestObserver): Hooks {
  return {
    onArrival: (request) => {
      request.arrivedAt = performance.now();
    },
    // `onSent` would not come for a caller who leaves before the answer.
    onSend: (request, reply) => {
      observeAnswer(request, reply, observer);
    },
  };
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
