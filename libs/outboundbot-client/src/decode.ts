import { isLosslessNumber } from 'lossless-json';

/** A field of the upstream's answer has the wrong type or is missing. The message names the field and never its value. */
export class WrongShapeError extends Error {
  override name = 'WrongShapeError';
}

/**
 * Turns a value of a losslessly parsed answer into what the gateway works with.
 *
 * @param field the value's place in the answer, such as `Instances[2].CreatorId`, for the error
 * @throws {WrongShapeError}
 */
export type Decoder<T> = (value: unknown, field: string) => T;

/** A string; null where the upstream sends null or nothing. */
export const text: Decoder<string | null> = (value, field) => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw new WrongShapeError(`${field} is not a string`);
};

/** A string that must be there and must not be empty. */
export const requiredText: Decoder<string> = (value, field) => {
  const decoded = text(value, field);
  if (decoded === null || decoded === '') throw new WrongShapeError(`${field} is missing`);
  return decoded;
};

/**
 * The digits of a 64-bit integer, signed or unsigned, as a string: a JavaScript number would round it. A decimal string
 * is accepted in place of a number.
 */
export const integerDigits: Decoder<string | null> = (value, field) => {
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

/** An integer that a JavaScript number holds exactly. */
export const safeInteger: Decoder<number | null> = (value, field) => {
  const digits = integerDigits(value, field);
  if (digits === null) return null;
  const number = Number(digits);
  if (Number.isSafeInteger(number)) return number;
  throw new WrongShapeError(`${field} is out of range`);
};

/** A Boolean. Some gateways of the upstream write Booleans as text, so `"true"` and `"false"` are accepted too. */
export const flag: Decoder<boolean | null> = (value, field) => {
  if (value === undefined || value === null) return null;
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === true || word === 'true') return true;
  if (word === false || word === 'false') return false;
  throw new WrongShapeError(`${field} is not a Boolean`);
};

/** A list; empty where the upstream sends null or nothing. */
export function listOf<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return (value, field) => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new WrongShapeError(`${field} is not a list`);
    return value.map((each, index) => item(each, `${field}[${index}]`));
  };
}

type Members<Decoders extends Readonly<Record<string, Decoder<unknown>>>> = {
  readonly [Name in keyof Decoders]: ReturnType<Decoders[Name]>;
};

/** The named members of an object. All other members are dropped. */
export function members<Decoders extends Readonly<Record<string, Decoder<unknown>>>>(
  decoders: Decoders,
): Decoder<Members<Decoders>> {
  const entries = Object.entries(decoders);
  return (value, field) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new WrongShapeError(`${field} is missing`);
    }
    const object = value as Readonly<Record<string, unknown>>;
    const decoded: Record<string, unknown> = {};
    for (const [name, decode] of entries) {
      decoded[name] = decode(Object.hasOwn(object, name) ? object[name] : undefined, `${field}.${name}`);
    }
    return decoded as Members<Decoders>;
  };
}
