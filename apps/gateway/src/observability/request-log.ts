import type { CallRecord, Failure } from '@app/outboundbot-client';
import type { Problem } from '@app/problem-details';
import { isRejection, type Rejection } from '@app/resilience';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

import type { RequestObserver } from '../http/request-observer.js';
import { hadCallerLeft } from '../http/response-closed.js';

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

/** Writes a line for a background refresh that failed, because no line of a request contains its upstream calls. */
export function logRefreshFailure(
  failure: Failure | Rejection,
  attempts: readonly CallRecord[],
  logger: Logger,
): void {
  const reason = isRejection(failure) ? failure.by : failure.kind;
  logger[wasRefused(attempts) ? 'error' : 'warn'](
    { reason, upstream: attemptLines(attempts) },
    'refresh failed',
  );
}

/** Writes a line for a background refresh that ended in a defect of the gateway. */
export function logRefreshDefect(defect: unknown, logger: Logger): void {
  logger.error({ err: defect }, 'refresh failed');
}

/** The line has no header, query, body or path, only the route's template: anything that a caller sends may be secret. */
function logRequest(request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const { problem, reading, arrivedAt, caller } = request;
  // Members that are undefined do not appear in the JSON line.
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
      upstream: reading && reading.attempts.length > 0 ? attemptLines(reading.attempts) : undefined,
    },
    'request',
  );
}

/**
 * `error` where operators have to act: a defect of the gateway, or the upstream refuses its credentials, even if a stale
 * answer was served. A caller's mistake is `info`.
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

function wasRefused(attempts: readonly CallRecord[] | undefined): boolean {
  return attempts?.at(-1)?.kind === 'refused';
}

/** A successful call is logged only if it is the last one, because reading a list may need hundreds of calls. */
function attemptLines(attempts: readonly CallRecord[]): object[] {
  return attempts
    .filter(({ kind }, index) => kind !== 'success' || index === attempts.length - 1)
    .map(attemptLine);
}

function attemptLine(attempt: CallRecord): object {
  const { kind, requestId, resent } = attempt;
  if (kind === 'success') return { outcome: kind, requestId, resent };
  return { outcome: kind, code: attempt.code, requestId, reason: attempt.reason, resent };
}
