import type { Shape, ShapeType } from './learned-file.js';

/**
 * Gives a value the shape that the service's values had. The value stays as it is where it fits; members that the service
 * does not send are left out, and members that only the service sends are made up.
 *
 * @param index the place of the value in a list: values of several types take turns as often as the service's did
 * @returns undefined for a value that is left out
 */
export function reshape(value: unknown, shape: Shape, index = 0): unknown {
  const type = typeAt(shape.types, index);
  switch (type) {
    case 'missing':
      return undefined;
    case 'null':
      return null;
    case 'boolean':
      return typeof value === 'boolean' ? value : true;
    case 'boolean-text':
      return String(typeof value === 'boolean' ? value : true);
    case 'integer':
      return integerLike(value, shape);
    case 'integer-text':
      return String(integerLike(value, shape));
    case 'number':
      return 0.5;
    case 'string':
      return typeof value === 'string' && value !== '' ? value : 'x'.repeat(shape.lengths?.[1] ?? 1);
    case 'list': {
      const { items } = shape;
      if (!Array.isArray(value)) return [];
      return items ? value.map((item, place) => reshape(item, items, place)) : value;
    }
    case 'object':
      return reshapeMembers(value, shape.members ?? {}, index);
  }
}

function reshapeMembers(
  value: unknown,
  members: Readonly<Record<string, Shape>>,
  index: number,
): Record<string, unknown> {
  const given = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  return Object.fromEntries(
    Object.entries(members).map(([name, shape]) => [name, reshape(given[name], shape, index)]),
  );
}

/** The integer itself if it is as long as the service's integers, else one of their length. */
function integerLike(value: unknown, { lengths: [shortest, longest] = [1, 19] }: Shape): number | bigint {
  const isInteger = typeof value === 'bigint' || Number.isInteger(value);
  const digits = isInteger ? String(value).replace('-', '').length : 0;
  if (digits >= shortest && digits <= longest) return value as number | bigint;
  const made = '1234567890123456789'.slice(0, longest);
  return longest > 15 ? BigInt(made) : Number(made);
}

function typeAt(types: Shape['types'], index: number): ShapeType {
  const counts = Object.entries(types) as [ShapeType, number][];
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  let left = total === 0 ? 0 : index % total;
  for (const [type, count] of counts) {
    if (left < count) return type;
    left -= count;
  }
  return 'missing';
}
