/**
 * One element of the list with what is before it, up to the next comma or the end. An entity tag may contain commas, so the
 * list cannot be split at them. Every part is matched once, so that no header is slow.
 */
const ELEMENT = /[\s,]*(?:W\/)?("[^"]*")(?=\s*(?:,|$))/y;
const REST = /[\s,]*$/y;

/**
 * Whether the caller already has the answer (RFC 9110, section 13.1.2): `If-None-Match` is `*`, or lists the entity tag,
 * compared weakly. Empty elements of the list are skipped (section 5.6.1.2). A malformed header is ignored.
 */
export function matchesIfNoneMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || tagsIn(header).includes(etag);
}

/** The entity tags without `W/`; none if the header is malformed. */
function tagsIn(header: string): string[] {
  const tags: string[] = [];
  let end = 0;
  ELEMENT.lastIndex = 0;
  for (let match = ELEMENT.exec(header); match; match = ELEMENT.exec(header)) {
    tags.push(match[1] ?? '');
    end = ELEMENT.lastIndex;
  }
  REST.lastIndex = end;
  return REST.test(header) ? tags : [];
}
