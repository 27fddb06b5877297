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

/** Something that goes wrong in a correctly signed call. */
export type Fault =
  | ErrorFault
  | LatencyFault
  | HangFault
  | TrickleFault
  | ResetFault
  | TruncateFault
  | BodyFault
  | HugeFault
  | InstanceFault;

/** A fault that still strikes; `remaining` is the number of calls it has left, null for no limit. */
export type LiveFault = Fault & { readonly remaining: number | null };

/** The faults that were scripted, in order of addition. */
export class FaultScript {
  private live: { fault: Fault; remaining: number }[] = [];

  /** Adds one fault or several at the end. */
  add(faults: Fault | readonly Fault[]): void {
    for (const fault of isList(faults) ? faults : [faults]) {
      this.live.push({ fault, remaining: fault.times ?? Infinity });
    }
  }

  /** The first fault that strikes a call for this instance, counted as used. */
  take(instanceId: string): Fault | undefined {
    if (this.live.length === 0) return undefined;
    const struck = this.live.find(
      ({ fault }) => fault.instanceId === undefined || fault.instanceId === instanceId,
    );
    if (struck === undefined) return undefined;
    struck.remaining -= 1;
    if (struck.remaining <= 0) this.live = this.live.filter((entry) => entry !== struck);
    return struck.fault;
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
}

// Array.isArray does not narrow a readonly list out of a union.
function isList(faults: Fault | readonly Fault[]): faults is readonly Fault[] {
  return Array.isArray(faults);
}
