import { flag, listOf, members, requiredText, safeInteger, text, WrongShapeError } from '../decode.js';
import type { Envelope } from '../interpret-response.js';
import type { Action } from './action.js';
import { INSTANCE_FIELDS } from './instance-fields.js';

export interface ListInstancesQuery {
  /** Only the instances of this resource group; undefined for all. */
  readonly resourceGroupId: string | undefined;
  /** A list with more instances is a {@link WrongShapeError}. */
  readonly maxInstances: number;
  /** The instances of all earlier pages; undefined when the first page is asked for. */
  readonly readSoFar?: InstanceList;
}

/** An instance as the list shows it. */
export type ListedInstance = ReturnType<typeof instance>;

/** The instances of all pages that have been read. */
export interface InstanceList {
  /** By their ids, in the upstream's order. */
  readonly instances: ReadonlyMap<string, ListedInstance>;
  readonly pages: number;
  /** Whether there is no further page. */
  readonly isComplete: boolean;
}

/** How many instances a call asks for. The upstream's own default is 10. */
export const LIST_PAGE_SIZE = 100;

const tag = members({ Key: requiredText, Value: text });
/** The fields of an instance in a list. */
export const LISTED_FIELDS = { ...INSTANCE_FIELDS, ResourceTags: listOf(tag), IsPreset: flag };

const instance = members(LISTED_FIELDS);
const instances = listOf(instance);

/** Lists all instances, page by page. */
export const listInstances: Action<ListInstancesQuery, InstanceList> = {
  name: 'ListInstances',
  ramActions: ['outboundbot:ListInstances'],
  kind: 'list',
  parameters: ({ resourceGroupId, readSoFar }) => ({
    PageNumber: String((readSoFar?.pages ?? 0) + 1),
    PageSize: String(LIST_PAGE_SIZE),
    ...(resourceGroupId === undefined ? {} : { ResourceGroupId: resourceGroupId }),
  }),
  decode: (envelope, { readSoFar, maxInstances }) => {
    const list = withPage(readSoFar, envelope);
    const total = totalOf(envelope);
    if (Math.max(list.instances.size, total ?? 0) > maxInstances)
      throw new WrongShapeError(`the list has more than ${maxInstances} instances (LIST_MAX_INSTANCES)`);
    return list;
  },
  next: (list, query) => (list.isComplete ? undefined : { ...query, readSoFar: list }),
};

/**
 * Adds a page to the list. The list is complete when it has `TotalCount` instances. If the upstream sends no `TotalCount`,
 * the list is complete when the page is not full; `PageSize` says how long a full page is. A page with nothing new always
 * ends the list, because an upstream that ignores page numbers sends the same page again and again.
 */
function withPage(before: InstanceList | undefined, envelope: Envelope): InstanceList {
  const page = instances(envelope['Instances'], 'Instances');
  const all = new Map(before?.instances);
  // An instance that moved to a later page while the list was read comes twice.
  for (const each of page) if (!all.has(each.InstanceId)) all.set(each.InstanceId, each);
  const hasNew = all.size > (before?.instances.size ?? 0);

  const total = totalOf(envelope);
  const pageSize = Math.min(safeInteger(envelope['PageSize'], 'PageSize') ?? LIST_PAGE_SIZE, LIST_PAGE_SIZE);
  const isLast = total === null ? page.length < pageSize : all.size >= total;
  return { instances: all, pages: (before?.pages ?? 0) + 1, isComplete: isLast || !hasNew };
}

function totalOf(envelope: Envelope): number | null {
  return safeInteger(envelope['TotalCount'], 'TotalCount');
}
