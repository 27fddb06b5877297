import type { PagingChange } from '../actions/action.js';
import type { ActionName } from '../actions/index.js';
import type { ErrorDetails } from '../protocol/answer.js';
import type { Format } from '../protocol/api-call.js';

/** How often and how late a fault of calls takes effect. */
interface FaultTiming {
  /** How many calls the fault affects. Default: every call until the faults are removed. */
  readonly times?: number;
  /** Milliseconds to wait before the fault takes effect. */
  readonly delayMs?: number;
}

/** Which calls a fault affects. Calls must match both the action and the instance when both are given. */
interface FaultScope extends FaultTiming {
  /** Affects only calls of this action. Default: calls of every action. */
  readonly action?: ActionName;
  /** Affects only calls that target this instance. Default: all calls, also those that target no instance. */
  readonly instanceId?: string;
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
  /** Milliseconds between two bytes. Default: 100. */
  readonly intervalMs?: number;
  /** Sends the status line and the headers a byte at a time, then the body at once. Default: the body a byte at a time. */
  readonly headers?: boolean;
}

/** The connection is reset (TCP RST). */
interface ResetFault extends FaultScope {
  readonly kind: 'reset';
  /** Default: before the headers. */
  readonly when?: 'before-headers' | 'mid-body';
}

/** Announces the whole body, sends half of it, and closes the connection. */
interface TruncateFault extends FaultScope {
  readonly kind: 'truncate';
}

/** An answer with any status, headers and body. */
export interface BodyFault extends FaultScope {
  readonly kind: 'body';
  /** Default: 200. */
  readonly status?: number;
  /** Default: the service's JSON content type. Empty: no content type. */
  readonly contentType?: string;
  /** Default: empty. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of any size. It is streamed and never held in memory. */
export interface HugeFault extends FaultScope {
  readonly kind: 'huge';
  readonly bytes: number;
  /** Default: 200. */
  readonly status?: number;
  /** Sends a content length. Default: a chunked body. */
  readonly contentLength?: boolean;
}

/** A success answer with any `Instance`. Other actions are scripted by their members in the `envelope`. */
export interface InstanceFault extends FaultScope {
  readonly kind: 'instance';
  readonly instance: unknown;
  /** Members of the answer to replace or add. */
  readonly envelope?: Readonly<Record<string, unknown>>;
}

/** Pages of a list that differ from what the call asks for. */
interface PagingFault extends FaultTiming, PagingChange {
  readonly kind: 'paging';
  /** This member changes nothing, because a paging fault never affects another action. */
  readonly action?: 'ListInstances';
}

/** The normal answer, in a content coding that the request does not accept. */
export interface CompressFault extends FaultScope {
  readonly kind: 'compress';
  /** Default: gzip. `deflate-raw` is announced as `deflate`, but has no zlib header: some servers send it so. */
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
  /** Default: `Throttling.User`. */
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
  /** What the client gets: a TCP reset, nothing, or the end of the connection. Default: a reset. */
  readonly by?: 'reset' | 'silence' | 'close';
  /** How many requests the fault affects. Default: every request until the faults are removed. */
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
  | PagingFault
  | CompressFault
  | KeepAliveFault;

/** Every fault that can be scripted. */
export type Fault = CallFault | QuotaFault | ForgetFault;
