import type { IncomingHttpHeaders } from 'node:http';

/**
 * W3C Trace Context, section 3.2: version, trace id, parent id and flags. Only versions after 00 may add more. An id of zeros is
 * invalid.
 */
const TRACEPARENT = /^((?!ff)[0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** The trace id of a request's `traceparent` header; undefined if the header is missing or invalid. */
export function traceIdOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const [, version, traceId, more] = TRACEPARENT.exec(traceparent) ?? [];
  return version === '00' && more !== undefined ? undefined : traceId;
}
