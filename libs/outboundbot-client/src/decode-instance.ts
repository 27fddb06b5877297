import { isLosslessNumber } from 'lossless-json';

/** A field of the upstream's answer that is not what the vendor's reference says. Names the field; of values only ids. */
export class WrongShapeError extends Error {
  override name = 'WrongShapeError';
}

type Decode<T> = (value: unknown, field: string) => T;

const text: Decode<string | null> = (value, field) => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw new WrongShapeError(`${field} is not a string`);
};

const requiredText: Decode<string> = (value, field) => {
  const decoded = text(value, field);
  if (decoded === null || decoded === '') throw new WrongShapeError(`${field} is missing`);
  return decoded;
};

/** The digits of a 64-bit integer, signed or not: it does not fit a JavaScript number. */
const integerDigits: Decode<string | null> = (value, field) => {
  if (value === undefined || value === null) return null;
  const digits = isLosslessNumber(value) || typeof value === 'number' ? String(value) : value;
  if (typeof digits !== 'string' || !/^-?\d+$/.test(digits))
    throw new WrongShapeError(`${field} is not an integer`);
  if (/^[1-9]\d{0,17}$/.test(digits)) return digits;
  const integer = digits.length <= 20 ? BigInt(digits) : undefined;
  if (integer === undefined || integer < -(2n ** 63n) || integer >= 2n ** 64n) {
    throw new WrongShapeError(`${field} is out of range`);
  }
  return integer.toString();
};

const safeInteger: Decode<number | null> = (value, field) => {
  const digits = integerDigits(value, field);
  if (digits === null) return null;
  const number = Number(digits);
  if (Number.isSafeInteger(number)) return number;
  throw new WrongShapeError(`${field} is out of range`);
};

/**
 * The nine documented fields. Everything else that the upstream may send stays behind: an older official SDK reads
 * access keys (`NluProfile`) from the same answer.
 */
const FIELDS = {
  InstanceId: requiredText,
  InstanceName: text,
  InstanceDescription: text,
  MaxConcurrentConversation: safeInteger,
  OwnerName: text,
  CreatorId: integerDigits,
  CreatorName: text,
  CreationTime: safeInteger,
  ResourceGroupId: text,
} satisfies Record<string, Decode<unknown>>;

const DECODERS: readonly (readonly [string, Decode<unknown>])[] = Object.entries(FIELDS);

type Fields = typeof FIELDS;

/**
 * An instance in the upstream's own words. A field that the upstream leaves out or sends as null is null.
 * `CreatorId` is a decimal string, every digit kept; `CreationTime` is Unix time in milliseconds.
 */
export type DescribedInstance = { readonly [Field in keyof Fields]: ReturnType<Fields[Field]> };

/**
 * Takes the nine fields from an `Instance` object that was parsed losslessly.
 *
 * @throws {WrongShapeError} if it is no object, has no `InstanceId`, or a field has the wrong type. A decimal string
 * where an integer belongs is accepted.
 */
export function decodeInstance(instance: unknown): DescribedInstance {
  if (typeof instance !== 'object' || instance === null || Array.isArray(instance)) {
    throw new WrongShapeError('Instance is missing');
  }
  const members = instance as Readonly<Record<string, unknown>>;
  const decoded: Record<string, unknown> = {};
  for (const [field, decode] of DECODERS) {
    decoded[field] = decode(Object.hasOwn(members, field) ? members[field] : undefined, field);
  }
  return decoded as DescribedInstance;
}

/**
 * Hands an instance on if it is the one that was asked for; letters of either case are the same.
 *
 * @throws {WrongShapeError} if it is another one, with both ids in its message
 */
export function requireInstance(askedId: string, instance: DescribedInstance): DescribedInstance {
  const { InstanceId: id } = instance;
  // Some letters become an ASCII one in small letters: \u212a becomes k.
  const isPlain = /^[\x20-\x7e]*$/.test(id);
  if (id === askedId || (isPlain && id.toLowerCase() === askedId.toLowerCase())) return instance;
  throw new WrongShapeError(`it is about ${shown(id)}, not about ${shown(askedId)}`);
}

/** For the log: an id, and nothing that only claims to be one. */
function shown(id: string): string {
  return /^[A-Za-z0-9._-]{1,64}$/.test(id) ? id : 'something that is no id';
}
