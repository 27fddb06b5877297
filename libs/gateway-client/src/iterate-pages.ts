import type { InstancePage, ListedInstance } from './instance-page.js';
import type { InstanceFilter, ListQuery } from './list-query.js';
import type { ReadOptions } from './read-options.js';

/** The longest page that the gateway gives, so that the whole list takes few requests. */
const PAGE_SIZE = 100;

/**
 * Reads page after page, each when the loop needs it.
 *
 * @param list reads one page
 */
export async function* iteratePages(
  list: (query: ListQuery, options: ReadOptions) => Promise<InstancePage>,
  filter: InstanceFilter,
  options: ReadOptions,
): AsyncGenerator<ListedInstance, void, undefined> {
  const { pageSize = PAGE_SIZE } = filter;
  for (let page = 1, isLast = false; !isLast; page += 1) {
    // Fresh reads of all pages could mix pages of different lists.
    const fresh = options.fresh === true && page === 1;
    const answer = await list({ ...filter, page, pageSize }, { ...options, fresh });
    for (const instance of answer.instances) {
      options.signal?.throwIfAborted();
      yield instance;
    }
    isLast = answer.instances.length === 0 || page * answer.pageSize >= answer.total;
  }
}
