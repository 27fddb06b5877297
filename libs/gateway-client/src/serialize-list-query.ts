import { GatewayError } from './gateway-error.js';
import type { operations } from './generated/paths.js';
import type { ListQuery } from './list-query.js';
import { rejectUnsendable } from './reject-unsendable.js';

type DocumentedQuery = NonNullable<operations['listInstances']['parameters']['query']>;

/** Must have exactly the parameters of the OpenAPI document, or it does not compile. */
type Parameters = { [Name in keyof Required<DocumentedQuery>]: DocumentedQuery[Name] | undefined };

/**
 * Makes the query of a URL. Equal queries make equal text, because the order of the parameters is always the same.
 *
 * @throws GatewayError `invalid-request` if a URL cannot carry the query
 */
export function serializeListQuery(query: ListQuery): string {
  const { q, resourceGroupId, tags = [], ids, sort, page, pageSize, ...unknown } = query;
  rejectUnknown(Object.keys(unknown));
  if (ids !== undefined) rejectUnsendableIds(ids);
  const parameters = {
    q,
    resourceGroupId,
    tag: [...tags],
    id: ids && [...ids],
    sort,
    page,
    pageSize,
  } satisfies Parameters;

  const { id, ...others } = parameters;
  return [
    ...Object.entries(others).flatMap(([name, value]) =>
      [value ?? []].flat().map((one) => serialize(name, one)),
    ),
    ...(id === undefined ? [] : [`id=${id.map((one) => encodeURIComponent(one)).join(',')}`]),
  ].join('&');
}

function serialize(name: string, value: string | number): string {
  rejectUnsendable(name, String(value), /\p{Cs}/u);
  return `${name}=${encodeURIComponent(value)}`;
}

/** Without types, a filter with a wrong name would be lost, and the answer would show every instance. */
function rejectUnknown([name]: readonly string[]): void {
  if (name === undefined) return;
  const detail = `A list query has no member ${name}. No request was sent.`;
  throw new GatewayError('invalid-request', { detail });
}

/** An id with a comma would become two ids, and no id at all would list every instance. */
function rejectUnsendableIds(ids: readonly string[]): void {
  if (ids.length === 0) {
    const detail = 'ids is empty. Leave it out to list all instances. No request was sent.';
    throw new GatewayError('invalid-request', { detail });
  }
  for (const id of ids) rejectUnsendable('id', id, /^$|,|\p{Cs}/u);
}
