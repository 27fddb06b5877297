import { isLosslessNumber } from 'lossless-json';

/** The types that values of an answer have. Some gateways of the service write Booleans and integers as text. */
export type ShapeType =
  | 'missing'
  | 'null'
  | 'boolean'
  | 'boolean-text'
  | 'integer'
  | 'integer-text'
  | 'number'
  | 'string'
  | 'list'
  | 'object';

/** What values in the same place of an answer look like: their types and lengths, and never a value. */
export interface Shape {
  /** How many of the values have each type. */
  readonly types: Readonly<Partial<Record<ShapeType, number>>>;
  /** The shortest and the longest: characters of a text, digits of an integer, items of a list. */
  readonly lengths?: readonly [shortest: number, longest: number];
  /** The members of all objects together. */
  readonly members?: Readonly<Record<string, Shape>>;
  /** The items of all lists together. */
  readonly items?: Shape;
}

/**
 * The members whose own members are described. An unknown object is not looked into, because its names could be values: the
 * keys of tags, for example.
 */
const KNOWN_PARTS = new Set(['Instance', 'Instances', 'ResourceTags', 'NluProfile']);

/** The form of the service's names. Another name is not kept. */
const NAME = /^[A-Z][A-Za-z0-9]{0,63}$/;

/** Describes the envelope of an answer. */
export function shapeOf(envelope: object): Shape {
  return describe([envelope], true);
}

/** @param isKnown whether the members of objects are described */
function describe(values: readonly unknown[], isKnown: boolean): Shape {
  const types: Partial<Record<ShapeType, number>> = {};
  const lengths: number[] = [];
  const items: unknown[] = [];
  const objects: Readonly<Record<string, unknown>>[] = [];
  for (const value of values) {
    const type = typeOf(value);
    types[type] = (types[type] ?? 0) + 1;
    if (typeof value === 'string') lengths.push(value.length);
    else if (type === 'integer') lengths.push(String(value).replace('-', '').length);
    if (Array.isArray(value)) {
      lengths.push(value.length);
      items.push(...(value as unknown[]));
    } else if (type === 'object') {
      objects.push(value as Readonly<Record<string, unknown>>);
    }
  }
  return {
    types,
    ...(lengths.length > 0 && { lengths: [least(lengths), most(lengths)] }),
    ...(items.length > 0 && { items: describe(items, isKnown) }),
    ...(isKnown && objects.length > 0 && { members: describeMembers(objects) }),
  };
}

function describeMembers(objects: readonly Readonly<Record<string, unknown>>[]): Record<string, Shape> {
  const names = new Set(objects.flatMap((object) => Object.keys(object)).filter((name) => NAME.test(name)));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      describe(
        objects.map((object) => (Object.hasOwn(object, name) ? object[name] : undefined)),
        KNOWN_PARTS.has(name),
      ),
    ]),
  );
}

function typeOf(value: unknown): ShapeType {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number' || isLosslessNumber(value)) {
    return /^-?\d+$/.test(String(value)) ? 'integer' : 'number';
  }
  if (typeof value === 'object') return 'object';
  if (/^(true|false)$/i.test(value as string)) return 'boolean-text';
  return /^-?\d+$/.test(value as string) ? 'integer-text' : 'string';
}

function least(lengths: readonly number[]): number {
  return lengths.reduce((one, other) => Math.min(one, other));
}

function most(lengths: readonly number[]): number {
  return lengths.reduce((one, other) => Math.max(one, other));
}
