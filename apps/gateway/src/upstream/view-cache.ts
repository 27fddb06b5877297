import {
  BoundedCache,
  bytesOf,
  type CacheBounds,
  type Found,
  type Representation,
  representationOf,
} from '@app/http-cache';

import { CACHE_KINDS } from './cache-key.js';
import type { View } from './view.js';

/** A view as it is sent. */
export interface RenderedView extends Representation {
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

interface ParsedValue {
  readonly value: unknown;
  /** The entity tag of the entry that was parsed. */
  readonly etag: string;
}

/**
 * What a parsed value takes in memory for each character of its JSON, in bytes. Lists of instances take 0.6 to 1.7, and
 * sorted copies of them a little more.
 */
const BYTES_PER_PARSED_CHARACTER = 2;

/** What a view costs besides its body and its headers, in bytes. */
const BYTES_PER_VIEW = 400;

/**
 * Views of cached values, made once for all callers that see the same. The least recently used views are evicted. Callers
 * choose the filters, so these views have a part of the memory for themselves, where they cannot evict entries.
 */
export class ViewCache {
  private readonly views: BoundedCache<RenderedView>;
  private readonly values: BoundedCache<ParsedValue>;

  /** @param bounds of the entries. The views, and the values that they are made from, may each take a quarter of it beside */
  constructor({ maxEntries, maxBytes }: CacheBounds) {
    const bounds = { maxEntries, maxBytes: Math.floor(maxBytes / 4) };
    this.views = new BoundedCache(bounds, CACHE_KINDS);
    this.values = new BoundedCache(bounds, CACHE_KINDS);
  }

  /** What the views of entries of this kind take in memory, and the values that they are made from. */
  bytes(kind: string): number {
    return [this.views, this.values].reduce((sum, { figures }) => sum + (figures[kind]?.bytes ?? 0), 0);
  }

  /** @param key of the entry */
  render<Dto>(key: string, entry: Found, view: View<Dto>): RenderedView {
    const name = `${key}:${entry.etag}:${view.name}`;
    let rendered = this.views.get(name);
    if (!rendered) {
      const { body, headers } = view.of(this.valueOf(key, entry) as Dto);
      rendered = { ...representationOf(JSON.stringify(body)), headers };
      this.views.set(name, rendered, sizeOf(rendered));
    }
    return rendered;
  }

  /** What the entry's body says. It is shared, so it must not be changed. */
  private valueOf(key: string, { etag, body }: Found): unknown {
    const known = this.values.get(key);
    // A refresh that changed nothing leaves the entity tag as it was.
    if (known?.etag === etag) return known.value;
    const value: unknown = JSON.parse(body);
    this.values.set(key, { value, etag }, BYTES_PER_PARSED_CHARACTER * body.length);
    return value;
  }
}

function sizeOf({ body, headers = {} }: RenderedView): number {
  const texts = [body, ...Object.values(headers)];
  return texts.reduce((sum, text) => sum + bytesOf(text), BYTES_PER_VIEW);
}
