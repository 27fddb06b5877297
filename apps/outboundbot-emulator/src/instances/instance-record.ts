/** A 64-bit integer: a number when it is exact as one, else a bigint. */
type Integer = number | bigint;

/**
 * One business instance with the field names of the service.
 *
 * A field that is left out is left out of the answer, a null one is sent as null, and unknown fields are served as
 * they are.
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
  [unknownField: string]: unknown;
}

const integerFields = ['CreationTime', 'CreatorId', 'MaxConcurrentConversation'];
const stringFields = ['OwnerName', 'InstanceDescription', 'InstanceName', 'CreatorName', 'ResourceGroupId'];

/** Says, in words for the person who wrote the JSON, why a value is no {@link InstanceRecord}. */
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
  return { ...value, InstanceId: id };
}

/** Checks a JSON list of instances, as a seed file holds it. Instances are counted from 0. */
export function toInstanceRecords(value: unknown): InstanceRecord[] {
  if (!Array.isArray(value)) throw new InvalidInstanceError('The instances must be a JSON list.');
  return value.map((item, index) => toInstanceRecord(item, `instance ${index}`));
}

function isInteger(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}
