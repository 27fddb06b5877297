import { GatewayError } from './gateway-error.js';
import { rejectUnsendable } from './reject-unsendable.js';

/** The order of a list. `-` means descending. */
export type InstanceSort = 'instanceName' | '-instanceName' | 'creationTime' | '-creationTime';

/** Which instances to list. All filters must hold. */
export interface InstanceFilter {
  /** Text that the name, the description or the id contains, in upper or lower case: 1 to 100 characters. */
  readonly q?: string | undefined;
  /** Only the instances of this resource group. */
  readonly resourceGroupId?: string | undefined;
  /** Tags that an instance must have, each as `key` or `key:value`: at most 20. */
  readonly tags?: readonly string[] | undefined;
  /** Only these instances: 1 to 100 ids. The gateway leaves out those that do not exist or that you may not read. */
  readonly ids?: readonly string[] | undefined;
  /** Default: the order of the OutboundBot service. */
  readonly sort?: InstanceSort | undefined;
  /** How many instances a page has: 1 to 100. */
  readonly pageSize?: number | undefined;
}

export interface ListQuery extends InstanceFilter {
  /** The number of the page, from 1. Default: 1. A page after the last one is empty. */
  readonly page?: number | undefined;
}

/**
 * Makes the query of a URL. Equal filters make equal text, because the order of the parameters is always the same.
 *
 * @throws GatewayError `invalid-request` if a URL cannot carry the query
 */
export function serializeListQuery({
  q,
  resourceGroupId,
  tags = [],
  ids,
  sort,
  page,
  pageSize,
}: ListQuery): string {
  const parameters = [
    ...parameter('q', q),
    ...parameter('resourceGroupId', resourceGroupId),
    ...tags.flatMap((tag) => parameter('tag', tag)),
    ...(ids === undefined ? [] : [`id=${joined(ids)}`]),
    ...parameter('sort', sort),
    ...parameter('page', page),
    ...parameter('pageSize', pageSize),
  ];
  return parameters.join('&');
}

function parameter(name: string, value: string | number | undefined): string[] {
  if (value === undefined) return [];
  rejectUnsendable(name, String(value), /\p{Cs}/u);
  return [`${name}=${encodeURIComponent(value)}`];
}

/** An id with a comma would become two ids, and no id at all would list every instance. */
function joined(ids: readonly string[]): string {
  if (ids.length === 0) {
    const detail = 'ids is empty. Leave it out to list all instances. No request was sent.';
    throw new GatewayError('invalid-request', { detail });
  }
  for (const id of ids) rejectUnsendable('id', id, /^$|,|\p{Cs}/u);
  return ids.map((id) => encodeURIComponent(id)).join(',');
}
