import type { Problem } from '@app/problem-details';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Hooks } from './hooks.js';
import { isResponseClosed } from './response-closed.js';

/** Learns of every answer, exactly once. The log and the metrics are observers. */
export interface RequestObserver {
  /** The response has been sent, or can no longer be sent. */
  answered(request: FastifyRequest, reply: FastifyReply): void;
  /**
   * Bytes that are not a valid request were answered with this error, or the connection was closed because of it.
   *
   * @param address the address of the connection
   */
  refused(problem: Problem, requestId: string, address: string | undefined): void;
}

/** Tells the observer of every request that reaches a hook, when both its answer is known and its response is closed. */
export function observeRequests(hooks: Hooks, observer: RequestObserver): void {
  hooks.onRequest((request) => {
    request.arrivedAt = performance.now();
  });
  hooks.onSend((request, reply) => {
    if (isResponseClosed(reply)) observer.answered(request, reply);
    else request.isAnswered = true;
  });
  hooks.onClose((request, reply) => {
    observeClosed(request, reply, observer);
  });
}

/** Tells the observer of a request whose response is closed, if its answer is known. */
export function observeClosed(request: FastifyRequest, reply: FastifyReply, observer: RequestObserver): void {
  if (request.isAnswered === true) observer.answered(request, reply);
}

export function allOf(...observers: readonly RequestObserver[]): RequestObserver {
  return {
    answered: (request, reply) => {
      for (const observer of observers) observer.answered(request, reply);
    },
    refused: (...refusal) => {
      for (const observer of observers) observer.refused(...refusal);
    },
  };
}
