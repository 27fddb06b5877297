/** An entity tag may contain commas, so the list cannot be split at them. */
const TAG = /(?:W\/)?("[^"]*")/g;
const TAG_LIST = /^\s*(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*\s*$/;

/**
 * Whether the caller already has the answer (RFC 9110, section 13.1.2): `If-None-Match` is `*`, or lists the entity tag,
 * compared weakly. A malformed header is ignored.
 */
export function matchesIfNoneMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  if (!TAG_LIST.test(header)) return false;
  return [...header.matchAll(TAG)].some(([, tag]) => tag === etag);
}
