/** A 64-bit integer: a number when it is exact as one, else a bigint. */
type Integer = number | bigint;

/** A tag of an instance. */
export interface ResourceTag {
  readonly Key: string;
  readonly Value: string;
}

/**
 * One business instance with the field names of the service.
 *
 * Answers omit a missing field, send null as null, and copy unknown fields as they are.
 */
export interface InstanceRecord {
  /** Unix milliseconds. */
  CreationTime?: Integer | null;
  InstanceId: string;
  CreatorId?: Integer | null;
  OwnerName?: string | null;
  InstanceDescription?: string | null;
  InstanceName?: string | null;
  CreatorName?: string | null;
  ResourceGroupId?: string | null;
  MaxConcurrentConversation?: Integer | null;
  /** Only lists contain this field. */
  ResourceTags?: readonly ResourceTag[] | null;
  /** Whether the service itself provides the instance. Only lists contain this field. */
  IsPreset?: boolean | null;
  [unknownField: string]: unknown;
}

const integerFields = ['CreationTime', 'CreatorId', 'MaxConcurrentConversation'];
const stringFields = ['OwnerName', 'InstanceDescription', 'InstanceName', 'CreatorName', 'ResourceGroupId'];

/** Thrown for a value that is not an {@link InstanceRecord}. The message is for users and names the wrong field. */
export class InvalidInstanceError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidInstanceError';
  }
}

/**
 * Checks one instance that was read from JSON.
 *
 * @param label names the instance in the error, such as `instance 3`.
 * @throws InvalidInstanceError that names the field.
 */
export function toInstanceRecord(value: unknown, label: string): InstanceRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInstanceError(`${label} must be a JSON object, such as {"InstanceId": "abc"}.`);
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  const id = fields.get('InstanceId');
  if (typeof id !== 'string' || id === '') {
    throw new InvalidInstanceError(`${label}: InstanceId must be a string that is not empty.`);
  }
  for (const name of integerFields) {
    const field = fields.get(name) ?? undefined;
    if (field !== undefined && !isInteger(field)) {
      throw new InvalidInstanceError(`${label}: ${name} must be an integer, null, or left out.`);
    }
  }
  for (const name of stringFields) {
    const field = fields.get(name) ?? undefined;
    if (field !== undefined && typeof field !== 'string') {
      throw new InvalidInstanceError(`${label}: ${name} must be a string, null, or left out.`);
    }
  }
  const tags = fields.get('ResourceTags') ?? undefined;
  if (tags !== undefined && !(Array.isArray(tags) && tags.every(isResourceTag))) {
    throw new InvalidInstanceError(
      `${label}: ResourceTags must be a list of tags, such as [{"Key": "env", "Value": "test"}], null, or left out.`,
    );
  }
  const preset = fields.get('IsPreset') ?? undefined;
  if (preset !== undefined && typeof preset !== 'boolean') {
    throw new InvalidInstanceError(`${label}: IsPreset must be true, false, null, or left out.`);
  }
  return { ...value, InstanceId: id };
}

/** The fields of an instance that the service answers when one instance is asked for by its id. */
export function describedFields(record: InstanceRecord): InstanceRecord {
  const described = { ...record };
  delete described.ResourceTags;
  delete described.IsPreset;
  return described;
}

/** Checks a JSON list of instances, such as a seed file. Errors count instances from 0. */
export function toInstanceRecords(value: unknown): InstanceRecord[] {
  if (!Array.isArray(value)) throw new InvalidInstanceError('The instances must be a JSON list.');
  return value.map((item, index) => toInstanceRecord(item, `instance ${index}`));
}

function isInteger(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}

function isResourceTag(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const key = fields.get('Key');
  return typeof key === 'string' && key !== '' && typeof fields.get('Value') === 'string';
}
