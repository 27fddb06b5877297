import { type Entry, found, gone } from '@app/http-cache';

/**
 * The format version of keys and values. Raise it with every change of the format. Releases with different versions can
 * share one Redis, and do not see each other's entries.
 */
export const FORMAT = '1';

/** The fields of the Redis hash that holds an entry. `decodeEntry` expects their values in this order. */
export const FIELDS = ['format', 'kind', 'storedAt', 'etag', 'body'] as const;

export function encodeEntry(entry: Entry): Record<(typeof FIELDS)[number], string> {
  const { kind, storedAt } = entry;
  const { etag, body } = kind === 'found' ? entry : { etag: '', body: '' };
  return { format: FORMAT, kind, storedAt: String(storedAt), etag, body };
}

/**
 * Returns undefined for any value that `encodeEntry` does not write, so a damaged value is a cache miss. A body must
 * match its entity tag.
 *
 * @param values the values of `FIELDS`, null for a field that the hash does not have
 */
export function decodeEntry(values: readonly (Buffer | null)[]): Entry | undefined {
  const [format, kind, time, etag, body] = values;
  if (format?.toString() !== FORMAT) return undefined;
  const storedAt = decodeTime(time?.toString() ?? '');
  if (storedAt === undefined) return undefined;

  if (kind?.toString() === 'gone') return gone(storedAt);
  if (kind?.toString() !== 'found' || !body) return undefined;
  const entry = found(body.toString(), storedAt);
  return entry.etag === etag?.toString() && Buffer.from(entry.body).equals(body) ? entry : undefined;
}

function decodeTime(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}
