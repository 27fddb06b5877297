import type { IncomingHttpHeaders } from 'node:http';

/** Attributes of a span. Values must not be secret. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

export interface Span {
  /** 32 hexadecimal digits (W3C Trace Context, section 3.2.2.3). */
  readonly traceId: string;
  /** Ends the span now. An `error.type` among the attributes marks it as failed. */
  end(attributes: Attributes): void;
}

export interface Tracing {
  /**
   * Starts the span of a request. It continues the trace in the request's headers, if there is one. Spans that `call`
   * starts within `work`, or in what `work` starts asynchronously, become its children.
   */
  serve(name: string, headers: IncomingHttpHeaders, work: (span: Span) => void): void;
  /** Starts the span of a call to another service, as a child of the current request's span. */
  call(name: string, attributes: Attributes): Span;
  /** How many spans were lost so far: the queue was full, or the collector did not take them. */
  readonly droppedSpans: number;
  /** Exports the remaining spans, within 2 seconds at most. Never rejects. */
  close(): Promise<void>;
}
