import { createHash } from 'node:crypto';

/** The bytes that go out for an id, serialised and hashed once a fetch. */
export interface Found {
  readonly kind: 'found';
  readonly body: Buffer;
  /** A strong entity tag, quotes included (RFC 9110, section 8.8.3). */
  readonly etag: string;
  /** When the upstream was asked for it, in epoch milliseconds. */
  readonly storedAt: number;
}

/** The upstream said that there is nothing under an id. */
export interface Gone {
  readonly kind: 'gone';
  /** When it was asked, in epoch milliseconds. */
  readonly storedAt: number;
}

/** What is remembered about an id. */
export type Entry = Found | Gone;

/** @param body what goes out, as text */
export function found(body: string, storedAt: number): Found {
  const bytes = Buffer.from(body);
  const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 27);
  return { kind: 'found', body: bytes, etag: `"${digest}"`, storedAt };
}

export function gone(storedAt: number): Gone {
  return { kind: 'gone', storedAt };
}
