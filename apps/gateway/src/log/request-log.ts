import type { CacheSource } from '@app/http-cache';
import type { Failure, Outcome } from '@app/outboundbot-client';
import type { Problem } from '@app/problem-details';
import { isRejection, type Rejection } from '@app/resilience';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

import { hadCallerLeft } from '../http/answer-over.js';
import type { RequestObserver } from '../http/request-observer.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** How it was answered, for log and metrics: from where, in a word and for `Cache-Status`, and by which upstream calls. */
    reading?: {
      readonly source: CacheSource;
      readonly cache: string;
      readonly attempts: readonly Outcome<unknown>[];
    };
  }
}

/** Writes one line for each request. */
export class RequestLog implements RequestObserver {
  constructor(private readonly logger: Logger) {}

  answered(request: FastifyRequest, reply: FastifyReply): void {
    logRequest(request, reply, this.logger);
  }

  refused({ code, type: { status } }: Problem, requestId: string): void {
    this.logger.info({ requestId, method: null, route: null, status, problem: code }, 'request');
  }
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
  // What is undefined is left out of the line.
  logger[levelOf(request, reply)](
    {
      requestId: request.id,
      traceId: request.traceId,
      method: request.method,
      route: request.is404 ? null : (request.routeOptions.url ?? null),
      status: reply.statusCode,
      durationMs: arrivedAt === undefined ? undefined : tenths(performance.now() - arrivedAt),
      caller: caller?.id,
      aborted: hadCallerLeft(reply) || undefined,
      problem: problem?.code,
      err: problem?.cause,
      cache: reading?.cache,
      upstream: reading && reading.attempts.length > 0 ? reading.attempts.map(attemptLine) : undefined,
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

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function wasRefused(attempts: readonly Outcome<unknown>[] | undefined): boolean {
  return attempts?.at(-1)?.kind === 'refused';
}

/** What is undefined is left out of the line. */
function attemptLine(attempt: Outcome<unknown>): object {
  const { kind, requestId, resent } = attempt;
  if (kind === 'success') return { outcome: kind, requestId, resent };
  return { outcome: kind, code: attempt.code, requestId, reason: attempt.reason, resent };
}
