import { type Entry, found, gone } from '@app/http-cache';

/**
 * Version of keys and values. Raise it with every change that another release cannot read: releases that share one
 * Redis then do not see each other's entries.
 */
export const FORMAT = '1';

/** The fields of the Redis hash that holds an entry, in the order in which `decodeEntry` takes their values. */
export const FIELDS = ['format', 'kind', 'storedAt', 'etag', 'body'] as const;

export function encodeEntry(entry: Entry): Record<(typeof FIELDS)[number], string> {
  const { kind, storedAt } = entry;
  const { etag, body } = kind === 'found' ? entry : { etag: '', body: '' };
  return { format: FORMAT, kind, storedAt: String(storedAt), etag, body };
}

/**
 * Undefined for whatever this release did not write like this, so that a value of another release, a torn or a
 * foreign one is a miss. A body counts only with the entity tag that belongs to it.
 *
 * @param values of `FIELDS`; null where the hash has no such field
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
