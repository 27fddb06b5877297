import {
  BoundedCache,
  bytesOf,
  type CacheBounds,
  type Found,
  type Representation,
  representationOf,
} from '@app/http-cache';

import { CodedContent, Compressor } from '../http/coded-content.js';
import { CACHE_KINDS } from './cache-key.js';
import type { View, ViewContent } from './view.js';

/** A view as it is sent. */
export interface RenderedView extends Representation {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A long body, which is compressed for callers that accept that. */
  readonly content?: CodedContent;
}

/**
 * In characters of the body. A page with five instances is about as long, and compressed takes a quarter of that. A shorter
 * one fits into two packets anyway, with the headers.
 */
const MIN_LENGTH_TO_COMPRESS = 2048;

/** Two of the four threads: the others stay free for looking up host names. */
const MAX_COMPRESSING = 2;

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
/** What the objects of a view with a long body cost besides, and those of each compressed copy. */
const BYTES_PER_CONTENT = 400;
const BYTES_PER_COPY = 300;

/**
 * Views of cached values, made once for all callers that see the same. The least recently used views are evicted. Callers
 * choose the filters, so these views have a part of the memory for themselves, where they cannot evict entries.
 */
export class ViewCache {
  private readonly views: BoundedCache<RenderedView>;
  private readonly values: BoundedCache<ParsedValue>;
  private readonly compressor = new Compressor(MAX_COMPRESSING);

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
      rendered = this.rendered(name, view.of(this.valueOf(key, entry) as Dto));
      this.views.set(name, rendered, sizeOf(rendered));
    }
    return rendered;
  }

  private rendered(name: string, { body, headers }: ViewContent): RenderedView {
    const representation = representationOf(JSON.stringify(body));
    if (representation.body.length < MIN_LENGTH_TO_COMPRESS) return { ...representation, headers };
    let bytesOfCopies = 0;
    const content = new CodedContent(representation.body, representation.etag, this.compressor, (bytes) => {
      bytesOfCopies += BYTES_PER_COPY + bytes;
      // The copies are evicted together with the view.
      if (this.views.peek(name) === rendered)
        this.views.set(name, rendered, sizeOf(rendered) + bytesOfCopies);
    });
    const rendered = { ...representation, headers, content };
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

function sizeOf({ body, headers = {}, content }: RenderedView): number {
  const texts = [body, ...Object.values(headers)];
  const bytes = BYTES_PER_VIEW + (content ? BYTES_PER_CONTENT : 0);
  return texts.reduce((sum, text) => sum + bytesOf(text), bytes);
}
