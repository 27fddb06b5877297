/**
 * One element of the list with what is before it, up to the next comma or the end. An entity tag may contain commas, so the
 * list cannot be split at them. Every part is matched once, so that no header is slow.
 */
const ELEMENT = /[\s,]*(?:W\/)?("[^"]*")(?=\s*(?:,|$))/y;
const REST = /[\s,]*$/y;

/**
 * The rest of an entity tag after that of the content without a coding. Servers and proxies that compress put the coding there:
 * `-gzip` (Apache, Caddy), `--gzip` (Jetty), `;gzip`.
 */
const CODING_AT_END = /^(?:(?:--?|;)(?:br|deflate|gzip|zstd))?"$/;

/**
 * Whether the caller already has the answer (RFC 9110, section 13.1.2): `If-None-Match` is `*`, or lists the entity tag,
 * compared weakly, perhaps with the name of a content coding at its end. Empty elements of the list are skipped (section
 * 5.6.1.2). A malformed header is ignored.
 *
 * @param etag of the content without a coding
 */
export function matchesIfNoneMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  const start = etag.slice(0, -1);
  return tagsIn(header).some((tag) => tag.startsWith(start) && CODING_AT_END.test(tag.slice(start.length)));
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
