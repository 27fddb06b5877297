/**
 * Whether the caller already has what would be sent (RFC 9110, section 13.1.2): `If-None-Match` is `*`, or lists the
 * entity tag, compared weakly.
 */
export function matchesIfNoneMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  // A tag may hold commas, so the list is not simply split.
  return [...header.matchAll(/(?:W\/)?("[^"]*")/g)].some(([, tag]) => tag === etag);
}
