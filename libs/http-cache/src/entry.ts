import { hash } from 'node:crypto';

/** The body of an answer and its entity tag. */
export interface Representation {
  /** Text, not bytes: Node sends the head and a text body in one write, and needs two for a head and bytes. */
  readonly body: string;
  /** A strong entity tag, quotes included (RFC 9110, section 8.8.3). */
  readonly etag: string;
}

/** What the upstream said about a key, decoded, mapped and serialised once. */
export interface Found extends Representation {
  readonly kind: 'found';
  /** When the upstream was asked, in Unix milliseconds. */
  readonly storedAt: number;
}

/** The upstream said that nothing exists for a key. */
export interface Gone {
  readonly kind: 'gone';
  /** When the upstream was asked, in Unix milliseconds. */
  readonly storedAt: number;
}

export type Entry = Found | Gone;

/** How far the clocks of two replicas may be apart, in milliseconds. */
export const MAX_CLOCK_SKEW_MS = 2000;

/** Whether an entry is dated later than clock skew explains. A clock was wrong, so the entry's age is unknown. */
export function isFromTheFuture({ storedAt }: Pick<Entry, 'storedAt'>, now: number): boolean {
  return storedAt > now + MAX_CLOCK_SKEW_MS;
}

export function representationOf(body: string): Representation {
  const digest = hash('sha256', body, 'base64url').slice(0, 27);
  return { body, etag: `"${digest}"` };
}

/** @param storedAt when the upstream was asked, in Unix milliseconds */
export function found(body: string, storedAt: number): Found {
  const { etag } = representationOf(body);
  return { kind: 'found', body, etag, storedAt };
}

/** @param storedAt when the upstream was asked, in Unix milliseconds */
export function gone(storedAt: number): Gone {
  return { kind: 'gone', storedAt };
}
