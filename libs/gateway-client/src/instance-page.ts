import type { components } from './generated/schemas.js';
import { isInstance } from './instance.js';
import { deepFreeze, isRecord, parseJson } from './json.js';

type Schemas = components['schemas'];

/** A tag of an instance. */
export type InstanceTag = Readonly<Schemas['Tag']>;

/** An instance as a list shows it: also with its tags, and whether it comes with the OutboundBot service. */
export type ListedInstance = Readonly<
  Omit<Schemas['ListedInstance'], 'tags'> & { tags: readonly InstanceTag[] }
>;

/** A page of the list of instances. It is frozen, because several callers may hold the same object. */
export type InstancePage = Readonly<
  Omit<Schemas['InstancePage'], 'instances'> & { instances: readonly ListedInstance[] }
>;

/** Reads the body of a 200. Undefined if it is not a page of instances. */
export function readInstancePage(body: string): InstancePage | undefined {
  const value = parseJson(body);
  return isInstancePage(value) ? deepFreeze(value) : undefined;
}

function isInstancePage(value: unknown): value is InstancePage {
  if (!isRecord(value)) return false;
  const { instances, total, page, pageSize } = value;
  return (
    Array.isArray(instances) &&
    instances.every(isListedInstance) &&
    [total, page, pageSize].every((count) => Number.isSafeInteger(count))
  );
}

/** The tags are checked too, because callers loop over them. */
function isListedInstance(value: unknown): value is ListedInstance {
  return isInstance(value) && 'tags' in value && Array.isArray(value.tags) && value.tags.every(isRecord);
}
