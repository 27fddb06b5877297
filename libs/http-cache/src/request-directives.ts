import { parse } from '@tusbar/cache-control';

/** What the `Cache-Control` field of a request asks of the cache (RFC 9111, section 5.2.1). */
export interface RequestDirectives {
  /**
   * The greatest age of an answer that the caller accepts without a new call of the upstream, in milliseconds: 0 for
   * `no-cache`, Infinity without a directive.
   */
  readonly maxAgeMs: number;
  /** `only-if-cached`: the upstream must not be called for this request. */
  readonly onlyIfCached: boolean;
}

export const NO_DIRECTIVES: RequestDirectives = { maxAgeMs: Infinity, onlyIfCached: false };

/** Reads `no-cache`, `max-age` and `only-if-cached`. Other directives, and malformed ones, are ignored. */
export function requestDirectives(header: string | undefined): RequestDirectives {
  if (header === undefined) return NO_DIRECTIVES;
  const { noCache, maxAge, onlyIfCached } = parse(header);
  const maxAgeMs = noCache === true ? 0 : maxAge === null ? Infinity : maxAge * 1000;
  return { maxAgeMs, onlyIfCached: onlyIfCached === true };
}
