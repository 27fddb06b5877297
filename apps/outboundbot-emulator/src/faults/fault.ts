import type { ActionName } from '../actions/index.js';
import type { ErrorDetails } from '../protocol/answer.js';
import type { Format } from '../protocol/api-call.js';

/** Which calls a fault affects. Calls must match both the action and the instance when both are given. */
interface FaultScope {
  /** Affects only calls of this action. Left out: of any. */
  readonly action?: ActionName;
  /** Affects only calls that target this instance. Left out: all calls, also those that target no instance. */
  readonly instanceId?: string;
  /** How many calls it affects. Left out: until the faults are cleared. */
  readonly times?: number;
  /** Milliseconds to wait before the fault takes effect. */
  readonly delayMs?: number;
}

/** The service answers with an error. */
export interface ErrorFault extends FaultScope, ErrorDetails {
  readonly kind: 'error';
  /** Answers in this format, whatever format the call asks for. */
  readonly format?: Format;
}

/** The normal answer, late. */
interface LatencyFault extends FaultScope {
  readonly kind: 'latency';
  readonly ms: number;
}

/** No answer at all; the connection stays open. */
interface HangFault extends FaultScope {
  readonly kind: 'hang';
}

/** The normal answer, a byte at a time. */
export interface TrickleFault extends FaultScope {
  readonly kind: 'trickle';
  /** Milliseconds between two bytes. Left out: 100. */
  readonly intervalMs?: number;
  /** Trickles the status line and the headers, then sends the body at once. Left out: trickles the body only. */
  readonly headers?: boolean;
}

/** The connection is reset (TCP RST). */
interface ResetFault extends FaultScope {
  readonly kind: 'reset';
  /** Left out: before the headers. */
  readonly when?: 'before-headers' | 'mid-body';
}

/** Announces the whole body, sends half of it, and closes the connection. */
interface TruncateFault extends FaultScope {
  readonly kind: 'truncate';
}

/** An answer with any status, headers and body. */
export interface BodyFault extends FaultScope {
  readonly kind: 'body';
  /** Left out: 200. */
  readonly status?: number;
  /** Left out: the service's JSON content type. Empty: no content type. */
  readonly contentType?: string;
  /** Left out: empty. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of any size. It is streamed and never held in memory. */
export interface HugeFault extends FaultScope {
  readonly kind: 'huge';
  readonly bytes: number;
  /** Left out: 200. */
  readonly status?: number;
  /** Announces the size. Left out: chunked. */
  readonly contentLength?: boolean;
}

/** A success answer with an `Instance` of any shape. */
export interface InstanceFault extends FaultScope {
  readonly kind: 'instance';
  readonly instance: unknown;
  /** Members of the answer to replace or add. */
  readonly envelope?: Readonly<Record<string, unknown>>;
}

/** The normal answer, in a content coding that the request does not accept. */
export interface CompressFault extends FaultScope {
  readonly kind: 'compress';
  /** Left out: gzip. `deflate-raw` is announced as `deflate`, but has no zlib header: some servers send it so. */
  readonly coding?: 'gzip' | 'deflate' | 'deflate-raw' | 'br';
}

/** The normal answer with a `Keep-Alive` header. The connection is not closed after that time: see {@link ForgetFault}. */
export interface KeepAliveFault extends FaultScope {
  readonly kind: 'keep-alive';
  /** In seconds: `Keep-Alive: timeout=...`. */
  readonly timeoutS: number;
}

/** Throttles the calls beyond a quota, and says when the next window begins. */
interface QuotaFault extends FaultScope {
  readonly kind: 'quota';
  /** How many calls of each window are answered normally; the first call opens the window. */
  readonly calls: number;
  /** Milliseconds. */
  readonly windowMs: number;
  /** Left out: `Throttling.User`. */
  readonly code?: string;
}

/**
 * Connections that have been idle for too long are dropped without notice, as a load balancer does. A request on such a
 * connection never reaches the service: it is not counted as a call and uses no nonce.
 */
export interface ForgetFault {
  readonly kind: 'forget';
  /** Milliseconds since the last answer on the connection. */
  readonly afterMs: number;
  /** What the client gets: a TCP reset, nothing, or the end of the connection. Left out: a reset. */
  readonly by?: 'reset' | 'silence' | 'close';
  /** How many requests it affects. Left out: until the faults are cleared. */
  readonly times?: number;
}

/** A fault of a correctly signed call. */
export type CallFault =
  | ErrorFault
  | LatencyFault
  | HangFault
  | TrickleFault
  | ResetFault
  | TruncateFault
  | BodyFault
  | HugeFault
  | InstanceFault
  | CompressFault
  | KeepAliveFault;

/** Every fault that can be scripted. */
export type Fault = CallFault | QuotaFault | ForgetFault;
