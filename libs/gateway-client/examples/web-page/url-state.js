// What the table shows is kept in the query of the page's URL, so that a reload or a link shows the same.
//
// The gateway's URL and the key are not: a link from someone else could make the page send your key to another server.

/** The highest page that the gateway takes. */
const MAX_PAGE = 999_999_999;
const SORTS = ['instanceName', '-instanceName', 'creationTime', '-creationTime'];
const PAGE_SIZES = [10, 20, 50, 100];
const DEFAULT_PAGE_SIZE = 20;

/** Reads the state. A value that the page does not know counts as missing. */
export function readState(search) {
  const parameters = new URLSearchParams(search);
  const page = Number(parameters.get('page'));
  const pageSize = Number(parameters.get('pageSize'));
  const sort = parameters.get('sort');
  return {
    q: Array.from(parameters.get('q') ?? '')
      .slice(0, 100)
      .join(''),
    sort: SORTS.includes(sort) ? sort : undefined,
    page: Number.isInteger(page) && page > 0 && page <= MAX_PAGE ? page : 1,
    pageSize: PAGE_SIZES.includes(pageSize) ? pageSize : DEFAULT_PAGE_SIZE,
    instance: parameters.get('instance') ?? undefined,
  };
}

/** Writes the state as a query, without the values that are the default. */
export function writeState({ q, sort, page, pageSize, instance }) {
  const parameters = new URLSearchParams();
  if (q !== '') parameters.set('q', q);
  if (sort !== undefined) parameters.set('sort', sort);
  if (page !== 1) parameters.set('page', page);
  if (pageSize !== DEFAULT_PAGE_SIZE) parameters.set('pageSize', pageSize);
  if (instance !== undefined) parameters.set('instance', instance);
  return parameters.size === 0 ? location.pathname : `?${parameters}`;
}
