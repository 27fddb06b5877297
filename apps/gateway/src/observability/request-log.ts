import type { CallRecord, Failure } from '@app/outboundbot-client';
import type { Problem, ProblemCode } from '@app/problem-details';
import { type Clock, isRejection, type Rejection } from '@app/resilience';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

import { addressGroup } from '../http/address-group.js';
import { canonicalAddress, clientAddress } from '../http/client-address.js';
import type { RequestObserver } from '../http/request-observer.js';
import { hadCallerLeft } from '../http/response-closed.js';
import type { Settings } from '../settings/settings.js';
import { LineSampler } from './line-sampler.js';

type Level = 'info' | 'warn' | 'error';

/**
 * Writes one line for each request. Of requests without an accepted credential, and of those beyond a limit, it writes a
 * sample if there are many.
 */
export class RequestLog implements RequestObserver {
  /** @param sampler absent if every request has its line */
  constructor(
    private readonly logger: Logger,
    private readonly sampler?: LineSampler,
  ) {}

  /** `RATE_LIMIT_REQUESTS=0` turns all limits of requests off, and so the limit of their lines. */
  static fromSettings({ rateLimit }: Settings, logger: Logger, clock: Clock): RequestLog {
    if (rateLimit.requests === 0) return new RequestLog(logger);
    const sampler = new LineSampler(clock, (omitted) => {
      logger.warn({ omitted }, 'lines of requests omitted');
    });
    return new RequestLog(logger, sampler);
  }

  answered(request: FastifyRequest, reply: FastifyReply): void {
    const level = levelOf(request, reply);
    if (level !== 'error' && isSampled(request) && !this.admits(clientAddress(request), reply.statusCode))
      return;
    logRequest(request, reply, level, this.logger);
  }

  refused({ code, type: { status } }: Problem, requestId: string, remoteAddress: string | undefined): void {
    if (!this.admits(remoteAddress, status)) return;
    const address = NAMES_ADDRESS.has(code) ? canonicalAddress(remoteAddress) : undefined;
    this.logger.info({ requestId, method: null, route: null, status, address, problem: code }, 'request');
  }

  private admits(address: string | undefined, status: number): boolean {
    return this.sampler?.admits(addressGroup(address), String(status)) ?? true;
  }
}

/** The errors whose lines name the address of the client: an operator has to know where an attack comes from. */
const NAMES_ADDRESS: ReadonlySet<ProblemCode | undefined> = new Set(['unauthenticated', 'too-many-requests']);

/** The longest id that a line names. */
const MAX_ID_LENGTH = 64;

/** Whether the number of lines is limited: any client can send requests without an accepted credential or beyond a limit. */
function isSampled({ caller, problem }: FastifyRequest): boolean {
  return caller === undefined || problem?.code === 'too-many-requests';
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

/**
 * The line has no header, query, body or path, only the route's template: anything that a caller sends may be secret. For an
 * audit, the line of a 403 has the id of the instance, and that of a 401 or 429 the address.
 */
function logRequest(request: FastifyRequest, reply: FastifyReply, level: Level, logger: Logger): void {
  const { problem, reading, arrivedAt, caller } = request;
  // Members that are undefined do not appear in the JSON line.
  logger[level](
    {
      requestId: request.id,
      traceId: request.traceId,
      method: request.method,
      route: request.is404 ? null : (request.routeOptions.url ?? null),
      status: reply.statusCode,
      durationMs: arrivedAt === undefined ? undefined : tenths(performance.now() - arrivedAt),
      caller: caller?.id,
      address: NAMES_ADDRESS.has(problem?.code) ? clientAddress(request) : undefined,
      instance: problem?.code === 'forbidden' ? requestedId(request) : undefined,
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
function levelOf({ problem, reading }: FastifyRequest, { statusCode }: FastifyReply): Level {
  const code = problem?.code;
  if (code === 'internal-error' || code === 'upstream-refused' || wasRefused(reading?.attempts))
    return 'error';
  return statusCode >= 500 ? 'warn' : 'info';
}

/** The `{id}` of the path, cut to the length of the longest valid one. */
function requestedId({ params }: FastifyRequest): string | undefined {
  return (params as { id?: string }).id?.slice(0, MAX_ID_LENGTH);
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
