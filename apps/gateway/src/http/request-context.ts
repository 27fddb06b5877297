import type { Caller } from '@app/authentication';
import type { CacheSource } from '@app/http-cache';
import type { CallRecord } from '@app/outboundbot-client';

/** How a read was answered, for the log, the metrics and the traces. */
export interface Reading {
  readonly source: CacheSource;
  /** The `Cache-Status` of the answer. */
  readonly cache: string;
  /** The upstream calls that were made for this request. */
  readonly attempts: readonly CallRecord[];
}

// All members that the gateway adds to Fastify's objects, except `request.problem`, which problem-details adds.
declare module 'fastify' {
  interface FastifyRequest {
    /** When the request arrived, in milliseconds on the monotonic clock. The first hook sets it. */
    arrivedAt?: number;
    /** Whether the answer is known, and is being sent. */
    isAnswered?: boolean;
    /** The trace id of the request, for its log line: the trace of the caller, or a new one of the gateway. */
    traceId?: string | undefined;
    /** The caller that sent the request. The access guard sets it for every route that is not open to all. */
    caller?: Caller;
    /** How the read was answered. Set by routes that read from the upstream. */
    reading?: Reading;
  }
}
