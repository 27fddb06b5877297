/** A format of the service's answers. */
export type Format = 'json' | 'xml';

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
export interface ErrorFault extends FaultScope {
  readonly kind: 'error';
  readonly code: string;
  /** HTTP status. Left out: the usual one of the code, 500 for an unknown code. */
  readonly status?: number;
  readonly message?: string;
  /** Answers HTTP 200 with an envelope whose `Success` is false; `status` is then only named inside. */
  readonly inBand?: boolean;
  /** Value of the `x-acs-retry-after` header. */
  readonly retryAfter?: string;
  /** Answers in this format, whatever the caller asked for. */
  readonly format?: Format;
  /** Value of the content type header, whatever the format is. */
  readonly contentType?: string;
  /** More members of the body, such as `AccessDeniedDetail`. */
  readonly extra?: Readonly<Record<string, unknown>>;
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

/** A fault that still strikes; `remaining` is the number of calls it has left, null for no limit. */
export type LiveFault = Fault & { readonly remaining: number | null };

/** A fault in the script, with what it has seen. */
interface Entry {
  readonly fault: Fault;
  remaining: number;
  /** For a quota: when its window began, in epoch milliseconds, and the calls in it. */
  readonly window: { beganAt: number; calls: number };
}

/** The faults that were scripted, in order of addition. */
export class FaultScript {
  private live: Entry[] = [];

  /** Adds one fault or several at the end. */
  add(faults: Fault | readonly Fault[]): void {
    for (const fault of isList(faults) ? faults : [faults]) {
      this.live.push({
        fault,
        remaining: fault.times ?? Infinity,
        window: { beganAt: -Infinity, calls: 0 },
      });
    }
  }

  /**
   * The first fault that strikes a call for this instance, counted as used. A quota strikes as the error that it gives.
   *
   * @param at epoch milliseconds
   */
  take(instanceId: string, at: number = Date.now()): CallFault | undefined {
    for (const entry of this.live) {
      const struck = strike(entry, instanceId, at);
      if (!struck) continue;
      this.use(entry);
      return struck;
    }
    return undefined;
  }

  /**
   * How a connection was forgotten, counted as used; undefined if it was not.
   *
   * @param idleMs since its last answer, in milliseconds
   */
  takeForgotten(idleMs: number): NonNullable<ForgetFault['by']> | undefined {
    for (const entry of this.live) {
      const { fault } = entry;
      if (fault.kind !== 'forget' || idleMs < fault.afterMs) continue;
      this.use(entry);
      return fault.by ?? 'reset';
    }
    return undefined;
  }

  /** The faults that still strike. */
  list(): LiveFault[] {
    return this.live.map(({ fault, remaining }) => ({
      ...fault,
      remaining: Number.isFinite(remaining) ? remaining : null,
    }));
  }

  /** Removes all of them. Calls that already hang go on hanging. */
  clear(): void {
    this.live = [];
  }

  private use(entry: Entry): void {
    entry.remaining -= 1;
    if (entry.remaining <= 0) this.live = this.live.filter((other) => other !== entry);
  }
}

function strike({ fault, window }: Entry, instanceId: string, at: number): CallFault | undefined {
  if (fault.kind === 'forget') return undefined;
  if (fault.instanceId !== undefined && fault.instanceId !== instanceId) return undefined;
  if (fault.kind !== 'quota') return fault;

  const { calls, windowMs, code = 'Throttling.User', delayMs } = fault;
  if (at >= window.beganAt + windowMs) {
    window.beganAt = at;
    window.calls = 0;
  }
  window.calls += 1;
  if (window.calls <= calls) return undefined;
  const retryAfter = String(window.beganAt + windowMs - at);
  return { kind: 'error', code, retryAfter, ...(delayMs === undefined ? {} : { delayMs }) };
}

// Array.isArray does not narrow a readonly list out of a union.
function isList(faults: Fault | readonly Fault[]): faults is readonly Fault[] {
  return Array.isArray(faults);
}
