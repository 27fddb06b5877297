import type { Socket } from 'node:net';

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

/** An open connection of a caller. */
export interface OpenConnection {
  /** How many requests on it still wait for their answers. */
  awaited: number;
}

// All members that the gateway adds to Fastify's objects, but for `request.problem`, which problem-details adds.
declare module 'fastify' {
  interface FastifyRequest {
    /** When the request arrived, in milliseconds on the monotonic clock. Set by its first hook. */
    arrivedAt?: number;
    /** The trace that the request belongs to: its caller's, or the gateway's own. For its log line. */
    traceId?: string | undefined;
    /** The caller that sent it. Set by the access guard for every route that is not open to all. */
    caller?: Caller;
    /** Set by routes that read from the upstream. */
    reading?: Reading;
  }

  interface FastifyInstance {
    readonly connections: Map<Socket, OpenConnection>;
  }
}
