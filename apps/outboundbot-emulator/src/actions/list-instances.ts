import type { InstanceRecord } from '../instances/instance-record.js';
import { ApiError } from '../protocol/error-codes.js';
import { JsonText } from '../protocol/json.js';
import { findParameter, type Parameter, requireParameter } from '../protocol/parameters.js';
import type { Action } from './action.js';

/** Answers a page of the instances that match every filter of the call. */
export const listInstances: Action = {
  prepare({ instances }, { parameters }) {
    const matches = readFilter(parameters);
    const asked = {
      number: readInteger(parameters, 'PageNumber', { byDefault: 1, max: Number.MAX_SAFE_INTEGER }),
      size: readInteger(parameters, 'PageSize', { byDefault: 10, max: 100 }),
    };
    return ({ maxPageSize = Infinity, ignorePageNumber = false, omit = [] } = {}) => {
      const wholeList = ignorePageNumber && maxPageSize === Infinity;
      const size = wholeList ? Infinity : Math.min(asked.size, maxPageSize);
      const number = ignorePageNumber ? 1 : asked.number;
      const { json, total } = instances.page(matches, number === 1 ? 0 : (number - 1) * size, size);
      const members = {
        Instances: new JsonText(`[${json.join(',')}]`),
        TotalCount: total,
        PageNumber: number,
        PageSize: wholeList ? total : size,
      };
      return { ...members, ...Object.fromEntries(omit.map((name) => [name, undefined])) };
    };
  },
};

/** @throws ApiError for a tag with a value and without a key. */
function readFilter(parameters: readonly Parameter[]): (record: Readonly<InstanceRecord>) => boolean {
  const name = findParameter(parameters, 'Name');
  const group = findParameter(parameters, 'ResourceGroupId');
  const tags = readTags(parameters);
  return (record) =>
    (name === undefined || (record.InstanceName ?? '').includes(name)) &&
    (group === undefined || record.ResourceGroupId === group) &&
    tags.every(({ key, value }) =>
      record.ResourceTags?.some((tag) => tag.Key === key && (value === undefined || tag.Value === value)),
    );
}

interface TagFilter {
  readonly key: string;
  /** Undefined when any value matches. */
  readonly value: string | undefined;
}

const tagParameter = /^Tag\.([1-9]\d*)\.(?:Key|Value)$/;

function readTags(parameters: readonly Parameter[]): TagFilter[] {
  const numbers = new Set<string>();
  for (const [name, value] of parameters) {
    const number = tagParameter.exec(name)?.[1];
    if (number !== undefined && value !== '') numbers.add(number);
  }
  return [...numbers].map((number) => ({
    key: requireParameter(parameters, `Tag.${number}.Key`),
    value: findParameter(parameters, `Tag.${number}.Value`),
  }));
}

/** @throws ApiError when the parameter is not an integer from 1 to `max`. */
function readInteger(
  parameters: readonly Parameter[],
  name: string,
  { byDefault, max }: { readonly byDefault: number; readonly max: number },
): number {
  const text = findParameter(parameters, name);
  if (text === undefined) return byDefault;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= 1 && value <= max) return value;
  throw new ApiError(
    'InvalidParameter',
    `The specified parameter ${name} is not valid: use an integer from 1 to ${max}.`,
  );
}
