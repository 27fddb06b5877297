import type { ReadAccess } from '@app/authentication';

import type { View } from '../upstream/view.js';
import type { InstancePageDto } from './instance-page.dto.js';
import type { ListInstancesQueryDto } from './list-instances-query.dto.js';
import type { ListedInstanceDto } from './listed-instance.dto.js';
import { pageLinks } from './page-links.js';

type Instances = readonly ListedInstanceDto[];

/**
 * A page of the instances that the caller may read and that match all filters.
 *
 * @param publicUrl where callers find the gateway, with a slash at the end
 */
export function instanceListView(
  query: ListInstancesQueryDto,
  access: ReadAccess,
  publicUrl?: string,
): View<Instances> {
  return {
    name: JSON.stringify([access.accessName, query]),
    of: (all) => {
      const isShown = filterOf(query);
      const shown = inOrder(all, query.sort).filter(
        (instance) => access.mayRead(instance.instanceId) && isShown(instance),
      );
      const { page, pageSize } = query;
      const from = (page - 1) * pageSize;
      const body: InstancePageDto = {
        instances: shown.slice(from, from + pageSize),
        total: shown.length,
        page,
        pageSize,
      };
      const link = pageLinks(query, shown.length, publicUrl);
      return { body, headers: link === '' ? {} : { link } };
    },
  };
}

function filterOf({
  q,
  resourceGroupId,
  tag,
  id,
}: ListInstancesQueryDto): (instance: ListedInstanceDto) => boolean {
  const ids = id && new Set(id);
  const text = q === undefined ? undefined : folded(q);
  return (instance) =>
    (ids === undefined || ids.has(instance.instanceId)) &&
    (resourceGroupId === undefined || instance.resourceGroupId === resourceGroupId) &&
    (tag === undefined || tag.every((wanted) => hasTag(instance, wanted))) &&
    (text === undefined || contains(instance, text));
}

/** @param wanted `key` or `key:value`. A key may contain colons, so this text is compared whole, not split at a colon */
function hasTag({ tags }: ListedInstanceDto, wanted: string): boolean {
  return tags.some(({ key, value }) => key === wanted || `${key}:${value ?? ''}` === wanted);
}

/** @param text folded */
function contains(
  { instanceId, instanceName, instanceDescription }: ListedInstanceDto,
  text: string,
): boolean {
  return [instanceName, instanceDescription, instanceId].some(
    (each) => each !== null && folded(each).includes(text),
  );
}

/**
 * The same for texts that differ only in the case of their letters, or in how a letter with an accent is encoded. Upper case,
 * because lower case depends on the place in the word: the last Σ of a word becomes ς, the others σ.
 */
function folded(text: string): string {
  return text.toUpperCase().normalize('NFC');
}

/** The sorted copies of each list. They are kept because sorting is slower than everything else in a view. */
const sortedLists = new WeakMap<Instances, Map<string, Instances>>();

/** @param sort undefined keeps the upstream's order */
function inOrder(all: Instances, sort: ListInstancesQueryDto['sort']): Instances {
  if (sort === undefined) return all;
  const known = sortedLists.get(all) ?? new Map<string, Instances>();
  sortedLists.set(all, known);
  const sorted = known.get(sort) ?? all.toSorted(ORDERS[sort]);
  known.set(sort, sorted);
  return sorted;
}

/** Puts "a" and "A" together. The language is fixed, so that the order is the same on every machine. */
const { compare: compareNames } = new Intl.Collator('en');

type Order = (a: ListedInstanceDto, b: ListedInstanceDto) => number;

const ORDERS: Readonly<Record<NonNullable<ListInstancesQueryDto['sort']>, Order>> = {
  instanceName: (a, b) => nullsLast(a.instanceName, b.instanceName, compareNames),
  '-instanceName': (a, b) => nullsLast(a.instanceName, b.instanceName, (x, y) => compareNames(y, x)),
  creationTime: (a, b) => nullsLast(a.creationTime, b.creationTime, (x, y) => x - y),
  '-creationTime': (a, b) => nullsLast(a.creationTime, b.creationTime, (x, y) => y - x),
};

function nullsLast<T>(a: T | null, b: T | null, compare: (a: T, b: T) => number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compare(a, b);
}
