import { type Found, type Representation, representationOf, valueOf } from '@app/http-cache';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

import type { View } from './view.js';

/** The size of all views together, in characters, each of which takes one or two bytes. */
const MAX_SIZE = 8_000_000;

/** The memory that a view takes beside its texts, in bytes. Most views are small, so the limit would mean little without it. */
const OVERHEAD = 750;

/** A view as it is sent. */
export interface RenderedView extends Representation {
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Views of cached values, made once for all callers that see the same. The least recently used views are evicted. */
@Injectable()
export class ViewCache {
  private readonly views = new LRUCache<string, RenderedView>({
    maxSize: MAX_SIZE,
    sizeCalculation: ({ body, headers = {} }, key) =>
      OVERHEAD + key.length + body.length + Object.values(headers).join('').length,
  });

  /** @param operation the name of the operation that the value belongs to */
  render<Dto>(operation: string, entry: Found, view: View<Dto>): RenderedView {
    const key = `${operation}:${entry.etag}:${view.name}`;
    let rendered = this.views.get(key);
    if (!rendered) {
      const { body, headers } = view.of(valueOf(entry) as Dto);
      rendered = { ...representationOf(JSON.stringify(body)), headers };
      this.views.set(key, rendered);
    }
    return rendered;
  }
}
