import type { Failure, Outcome } from '@app/outboundbot-client';
import { isRejection, type Rejection } from '@app/resilience';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

import { onAnswerOver } from '../http/answer-over.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** When it arrived, on the monotonic clock in milliseconds. */
    arrivedAt?: number;
    /** How it was answered, for its log line: from where, and by which upstream calls. */
    reading?: { readonly cache: string; readonly attempts: readonly Outcome<unknown>[] };
  }
}

/** Writes one line for each request, when its answer is out. */
export function logRequests(server: FastifyInstance, logger: Logger): void {
  server.addHook('onRequest', (request, _reply, done) => {
    request.arrivedAt = performance.now();
    done();
  });
  // Fastify's own onResponse hook never runs for a caller who left before the answer.
  server.addHook('onSend', (request, reply, payload, done) => {
    logWhenOut(request, reply, logger);
    done(null, payload);
  });
}

/** Writes the line of a request as soon as its answer has left or can no longer leave. */
export function logWhenOut(request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  onAnswerOver(reply, () => {
    logRequest(request, reply, logger);
  });
}

/** Writes a line for upstream calls that failed in the background, where no request tells of them. */
export function logRefreshFailure(
  failure: Failure | Rejection,
  attempts: readonly Outcome<unknown>[],
  logger: Logger,
): void {
  const reason = isRejection(failure) ? failure.by : failure.kind;
  logger[wasRefused(attempts) ? 'error' : 'warn'](
    { reason, upstream: attempts.map(attemptLine) },
    'refresh failed',
  );
}

/** Writes a line for a refresh in the background that ended in a defect of ours. */
export function logRefreshDefect(defect: unknown, logger: Logger): void {
  logger.error({ err: defect }, 'refresh failed');
}

/**
 * It has no header, query or body, and of a path only the route's template: what a caller or the upstream sends may be
 * secret.
 */
function logRequest(request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const { problem, reading, arrivedAt, caller } = request;
  logger[levelOf(request, reply)](
    {
      requestId: request.id,
      ...(request.traceId === undefined ? {} : { traceId: request.traceId }),
      method: request.method,
      route: request.is404 ? null : (request.routeOptions.url ?? null),
      status: reply.statusCode,
      ...(arrivedAt === undefined
        ? {}
        : { durationMs: Math.round((performance.now() - arrivedAt) * 10) / 10 }),
      ...(caller?.id === undefined ? {} : { caller: caller.id }),
      ...(reply.raw.writableFinished ? {} : { aborted: true }),
      ...(problem ? { problem: problem.code } : {}),
      ...(problem?.cause === undefined ? {} : { err: problem.cause }),
      ...(reading ? { cache: reading.cache } : {}),
      ...(reading && reading.attempts.length > 0 ? { upstream: reading.attempts.map(attemptLine) } : {}),
    },
    'request',
  );
}

/**
 * A defect of ours, and a refusal of our credentials even if a stale answer hides it, want somebody to act; a caller's
 * mistake does not.
 */
function levelOf(
  { problem, reading }: FastifyRequest,
  { statusCode }: FastifyReply,
): 'info' | 'warn' | 'error' {
  const code = problem?.code;
  if (code === 'internal-error' || code === 'upstream-refused' || wasRefused(reading?.attempts))
    return 'error';
  return statusCode >= 500 ? 'warn' : 'info';
}

function wasRefused(attempts: readonly Outcome<unknown>[] | undefined): boolean {
  return attempts?.at(-1)?.kind === 'refused';
}

function attemptLine(attempt: Outcome<unknown>): object {
  if (attempt.kind === 'success') return { outcome: 'success', requestId: attempt.requestId };
  const { kind, code, requestId, reason } = attempt;
  return { outcome: kind, code, requestId, ...(reason === undefined ? {} : { reason }) };
}
