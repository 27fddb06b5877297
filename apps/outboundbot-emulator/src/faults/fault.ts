import type { ErrorDetails } from '../protocol/answer.js';
import type { Format } from '../protocol/api-call.js';

/** What every fault can say about when it strikes. */
interface FaultScope {
  /** Strikes only calls for this instance. Left out: calls for any. */
  readonly instanceId?: string;
  /** How many calls it strikes. Left out: until the faults are cleared. */
  readonly times?: number;
  /** Milliseconds to wait before it acts. */
  readonly delayMs?: number;
}

/** The service answers with an error. */
export interface ErrorFault extends FaultScope, ErrorDetails {
  readonly kind: 'error';
  /** Answers in this format, whatever the caller asked for. */
  readonly format?: Format;
}

/** The usual answer, late. */
interface LatencyFault extends FaultScope {
  readonly kind: 'latency';
  readonly ms: number;
}

/** No answer at all; the connection stays open. */
interface HangFault extends FaultScope {
  readonly kind: 'hang';
}

/** The usual answer, a byte at a time. */
export interface TrickleFault extends FaultScope {
  readonly kind: 'trickle';
  /** Milliseconds between two bytes. Left out: 100. */
  readonly intervalMs?: number;
  /** Trickles the status line and the headers, then sends the body at once. Left out: the other way round. */
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

/** Any answer at all. */
export interface BodyFault extends FaultScope {
  readonly kind: 'body';
  /** Left out: 200. */
  readonly status?: number;
  /** Left out: JSON, as the service says it. Empty: no content type. */
  readonly contentType?: string;
  /** Left out: empty. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of any size, which is never held in memory. */
export interface HugeFault extends FaultScope {
  readonly kind: 'huge';
  readonly bytes: number;
  /** Left out: 200. */
  readonly status?: number;
  /** Announces the size. Left out: chunked. */
  readonly contentLength?: boolean;
}

/** The success envelope around an instance of any shape. */
export interface InstanceFault extends FaultScope {
  readonly kind: 'instance';
  readonly instance: unknown;
  /** Members of the envelope to replace or add. */
  readonly envelope?: Readonly<Record<string, unknown>>;
}

/** The usual answer, in a content coding that the request does not accept. */
export interface CompressFault extends FaultScope {
  readonly kind: 'compress';
  /** Left out: gzip. `deflate-raw` is named `deflate` too, but has no zlib header, as some servers send it. */
  readonly coding?: 'gzip' | 'deflate' | 'deflate-raw' | 'br';
}

/** The usual answer, with a word on how long an idle connection is kept. It is not closed for that: see {@link ForgetFault}. */
export interface KeepAliveFault extends FaultScope {
  readonly kind: 'keep-alive';
  /** In seconds: `Keep-Alive: timeout=...`. */
  readonly timeoutS: number;
}

/** Throttles what goes beyond a quota, and says when it begins anew. */
interface QuotaFault extends FaultScope {
  readonly kind: 'quota';
  /** How many calls are let through in each window; the first call opens one. */
  readonly calls: number;
  /** Milliseconds. */
  readonly windowMs: number;
  /** Left out: `Throttling.User`. */
  readonly code?: string;
}

/**
 * Connections that have been idle for long are forgotten without a word, as by a balancer on the way: what is sent on one
 * never reaches the service, is not counted as a call, and uses up no nonce.
 */
export interface ForgetFault {
  readonly kind: 'forget';
  /** Milliseconds since the last answer on the connection. */
  readonly afterMs: number;
  /** What comes back: a TCP reset, nothing at all, or the end of the connection. Left out: a reset. */
  readonly by?: 'reset' | 'silence' | 'close';
  /** How many requests meet it. Left out: until the faults are cleared. */
  readonly times?: number;
}

/** Something that goes wrong in a correctly signed call. */
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

/** Everything that can be scripted. */
export type Fault = CallFault | QuotaFault | ForgetFault;
