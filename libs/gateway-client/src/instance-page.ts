import type { components } from './generated/schemas.js';
import { isInstance } from './instance.js';
import { deepFreeze, isRecord, parseJson } from './json.js';

/** A tag of an instance. */
export interface InstanceTag {
  readonly key: string;
  readonly value: string;
}

/** An instance as a list shows it. */
export interface ListedInstance extends Readonly<components['schemas']['Instance']> {
  readonly tags: readonly InstanceTag[];
  /** Whether the instance comes with the OutboundBot service. */
  readonly isPreset: boolean | null;
}

/** A page of the list of instances. It is frozen, because several callers may hold the same object. */
export interface InstancePage {
  readonly instances: readonly ListedInstance[];
  /** How many instances all pages have together. */
  readonly total: number;
  /** The number of this page, from 1. */
  readonly page: number;
  readonly pageSize: number;
}

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
