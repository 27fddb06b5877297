import type { CacheFigures, TieredStore } from '@app/http-cache';

import type { ViewCache } from './view-cache.js';

/** What the cache holds in memory, by kind. The bytes include the views, which are made from entries of that kind. */
export function cacheFigures(store: TieredStore, views: ViewCache): Record<string, CacheFigures> {
  const figures = Object.entries(store.figures).map(([kind, { entries, bytes, evictions }]) => [
    kind,
    { entries, bytes: bytes + views.bytes(kind), evictions },
  ]);
  return Object.fromEntries(figures) as Record<string, CacheFigures>;
}
