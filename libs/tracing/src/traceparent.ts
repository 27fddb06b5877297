import type { IncomingHttpHeaders } from 'node:http';

/** W3C Trace Context, section 3.2: version, trace id, parent id, flags, and what later versions add. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const INVALID_TRACE_ID = '0'.repeat(32);

/** The trace id of a request's `traceparent` header; undefined if the header is missing or invalid. */
export function traceIdOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const [, traceId] = TRACEPARENT.exec(traceparent) ?? [];
  return traceId === INVALID_TRACE_ID ? undefined : traceId;
}
