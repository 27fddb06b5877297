import type { IncomingHttpHeaders } from 'node:http';

/** What a span tells beside its name and its time. Values must not be secret. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

export interface Span {
  /** 32 hexadecimal digits (W3C Trace Context, section 3.2.2.3). */
  readonly traceId: string;
  /** Ends it now. With `error.type` among the attributes it counts as failed. */
  end(attributes: Attributes): void;
}

/** Where work leaves its traces. */
export interface Tracing {
  /**
   * Begins the span of a request, in the trace that its caller began, if any. Calls that begin within `work`, or in what it
   * sets off, belong to it.
   */
  serve(name: string, headers: IncomingHttpHeaders, work: (span: Span) => void): void;
  /** Begins the span of a call to another service, within the request that it is made for. */
  call(name: string, attributes: Attributes): Span;
  /** Hands over what is left, or gives up after a moment. Never rejects. */
  close(): Promise<void>;
}

export interface TracingOptions {
  /** Where an OpenTelemetry collector takes OTLP over HTTP; traces go to `/v1/traces` below it. */
  readonly endpoint: string;
  /** The proxy to reach it through, credentials included. */
  readonly proxy?: URL | undefined;
  /** For the log. Called when traces do not arrive any more, and when they do again. */
  readonly onStateChange: (state: 'up' | 'down') => void;
}

/** Loads OpenTelemetry, which nobody pays for who does not ask for traces. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { OtlpTracing } = await import('./otlp-tracing.js');
  return new OtlpTracing(options);
}

/** The trace that a caller says a request belongs to (W3C Trace Context, section 3.2), for logs. */
export function traceIdOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const [, traceId] = TRACEPARENT.exec(traceparent) ?? [];
  return traceId === INVALID_TRACE_ID ? undefined : traceId;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const INVALID_TRACE_ID = '0'.repeat(32);
