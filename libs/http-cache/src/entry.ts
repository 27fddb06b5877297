import { hash } from 'node:crypto';

/** What goes out for an id, serialised and hashed once a fetch. */
export interface Found {
  readonly kind: 'found';
  /** As text: Node sends head and text in one piece, head and bytes in two. */
  readonly body: string;
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

/** How far the clocks of replicas may be apart, in milliseconds. */
export const MAX_CLOCK_SKEW_MS = 2000;

/**
 * Whether an entry claims to be from a time that has not come: a clock was wrong, here or where it was stored, and
 * nothing can be said about its age.
 */
export function isFromTheFuture({ storedAt }: Pick<Entry, 'storedAt'>, now: number): boolean {
  return storedAt > now + MAX_CLOCK_SKEW_MS;
}

/** What is remembered about an id. */
export type Entry = Found | Gone;

/** @param body what goes out, as text */
export function found(body: string, storedAt: number): Found {
  const digest = hash('sha256', body, 'base64url').slice(0, 27);
  return { kind: 'found', body, etag: `"${digest}"`, storedAt };
}

export function gone(storedAt: number): Gone {
  return { kind: 'gone', storedAt };
}
