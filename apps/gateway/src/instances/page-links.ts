import type { ListInstancesQueryDto } from './list-instances-query.dto.js';

/** In characters. Many clients and proxies accept at most 16 KiB of headers in one answer; nginx's default is less. */
const MAX_LENGTH = 8000;

/** The documentation of the field. */
export const PAGE_LINKS = {
  description:
    'The first, previous, next and last page (RFC 8288). Resolve the addresses against that of the request, ' +
    'and follow `next` until it is missing',
  schema: { type: 'string' },
  example: '<instances?page=2&pageSize=20>; rel="next", <instances?page=1&pageSize=20>; rel="first"',
} as const;

/**
 * The value of the `Link` field (RFC 8288): the first, previous, next and last page, all with the same filters. The
 * addresses begin with the public URL. Without one they are relative to the address of the request, so that they also work
 * below a path prefix. If the filters are so
 * long that the four links do not fit, the value has those that fit; it may be empty. The link to the next page does not have
 * to fit, because clients follow it to the end of the list.
 */
export function pageLinks(query: ListInstancesQueryDto, total: number, publicUrl = ''): string {
  const { page, pageSize } = query;
  const last = Math.max(1, Math.ceil(total / pageSize));
  const filters = filtersOf(query);
  const link = (rel: string, target: number): string =>
    `<${publicUrl}instances?${filters}page=${target}&pageSize=${pageSize}>; rel="${rel}"`;

  const links = page < last ? [link('next', page + 1)] : [];
  const others = [
    ...(page > 1 ? [link('prev', Math.min(page - 1, last))] : []),
    link('first', 1),
    link('last', last),
  ];
  for (const other of others) if ([...links, other].join(', ').length <= MAX_LENGTH) links.push(other);
  return links.join(', ');
}

function filtersOf({ q, resourceGroupId, tag = [], id, sort }: ListInstancesQueryDto): string {
  const parameters = new URLSearchParams();
  if (q !== undefined) parameters.append('q', q);
  if (resourceGroupId !== undefined) parameters.append('resourceGroupId', resourceGroupId);
  for (const each of tag) parameters.append('tag', each);
  if (id !== undefined) parameters.append('id', id.join(','));
  if (sort !== undefined) parameters.append('sort', sort);
  return parameters.size === 0 ? '' : `${parameters.toString()}&`;
}
