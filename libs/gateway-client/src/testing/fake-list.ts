import type { InstancePage, ListedInstance } from '../instance-page.js';

type Instances = readonly ListedInstance[];

/** Puts "a" and "A" together, as the gateway does. */
const { compare: compareNames } = new Intl.Collator('en');

const ORDERS: Readonly<Record<string, (a: ListedInstance, b: ListedInstance) => number>> = {
  instanceName: (a, b) => nullsLast(a.instanceName, b.instanceName, compareNames),
  '-instanceName': (a, b) => nullsLast(a.instanceName, b.instanceName, (x, y) => compareNames(y, x)),
  creationTime: (a, b) => nullsLast(a.creationTime, b.creationTime, (x, y) => x - y),
  '-creationTime': (a, b) => nullsLast(a.creationTime, b.creationTime, (x, y) => y - x),
};

const isOne = (values: readonly string[], form: RegExp): boolean =>
  values.length === 1 && values.every((value) => form.test(value));

/** For each parameter of the list whether its values are valid. */
const RULES: Readonly<Record<string, (values: readonly string[]) => boolean>> = {
  q: (values) => isOne(values, /^.{1,100}$/su),
  resourceGroupId: (values) => isOne(values, /^.{1,128}$/su),
  tag: (values) => values.length <= 20 && values.every((value) => /^[^:].{0,256}$/su.test(value)),
  id: (values) => {
    const ids = idsIn(values);
    return ids.length <= 100 && ids.every((id) => INSTANCE_ID.test(id));
  },
  sort: (values) => values.length === 1 && values.every((value) => Object.hasOwn(ORDERS, value)),
  page: (values) => isOne(values, /^[1-9]\d{0,8}$/),
  pageSize: (values) => isOne(values, /^([1-9]\d?|100)$/),
};

export const INSTANCE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Says what is wrong with the parameters; undefined if nothing is. */
export function invalidParameters(query: URLSearchParams): string | undefined {
  const names = [...new Set(query.keys())];
  const wrong = names.filter((name) => RULES[name]?.(query.getAll(name)) === false);
  const unknown = names.filter((name) => !Object.hasOwn(RULES, name));
  const details = [
    ...unknown.map((name) => `${name} is not a parameter of this route.`),
    ...wrong.map((name) => `${name} is not valid.`),
  ];
  return details.length === 0 ? undefined : details.join(' ');
}

/** The page that valid parameters ask for. */
export function pageOf(all: Instances, query: URLSearchParams): InstancePage {
  const page = Number(query.get('page') ?? 1);
  const pageSize = Number(query.get('pageSize') ?? 20);
  const order = ORDERS[query.get('sort') ?? ''];
  const matching = all.filter((instance) => matches(instance, query));
  const shown = order === undefined ? matching : matching.sort(order);
  return {
    instances: shown.slice((page - 1) * pageSize, page * pageSize),
    total: shown.length,
    page,
    pageSize,
  };
}

function matches(instance: ListedInstance, query: URLSearchParams): boolean {
  const { instanceId, instanceName, instanceDescription, resourceGroupId, tags } = instance;
  const text = folded(query.get('q') ?? '');
  const group = query.get('resourceGroupId');
  const ids = idsIn(query.getAll('id'));
  return (
    [instanceName, instanceDescription, instanceId].some((each) => folded(each ?? '').includes(text)) &&
    (group === null || group === resourceGroupId) &&
    (ids.length === 0 || ids.includes(instanceId)) &&
    query
      .getAll('tag')
      .every((wanted) => tags.some(({ key, value }) => key === wanted || `${key}:${value ?? ''}` === wanted))
  );
}

/** They are repeated, or have commas between. */
function idsIn(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(','));
}

function folded(text: string): string {
  return text.toUpperCase().normalize('NFC');
}

function nullsLast<T>(a: T | null, b: T | null, compare: (a: T, b: T) => number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compare(a, b);
}
