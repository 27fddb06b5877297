import type { PagingChange, PagingMember } from '../actions/action.js';

/** The types that values of an answer have. The service may write Booleans and integers as text. */
const shapeTypes = [
  ...(['missing', 'null', 'boolean', 'boolean-text', 'integer'] as const),
  ...(['integer-text', 'number', 'string', 'list', 'object'] as const),
];
export type ShapeType = (typeof shapeTypes)[number];

/** What values in the same place of the service's answers look like. */
export interface Shape {
  /** How many of the values had each type. */
  readonly types: Readonly<Partial<Record<ShapeType, number>>>;
  /** The shortest and the longest: characters, digits or items. */
  readonly lengths?: readonly [shortest: number, longest: number];
  readonly members?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

/** How the service answered one action. */
export interface LearnedAction {
  readonly status: number;
  readonly code: string | null;
  readonly isInBandFailure: boolean;
  readonly bodyFormat: string;
  readonly mediaType: string;
  readonly headerNames: readonly string[];
  readonly isAboutAnother: boolean;
  readonly ms: number;
  readonly shape?: Shape;
}

/** What `doctor --save` of the gateway learned about the service. */
export interface Learned {
  readonly actions: Readonly<Record<string, LearnedAction>>;
  readonly paging: PagingChange | undefined;
}

/**
 * Checks the content of a learned file.
 *
 * @throws Error that names the wrong place
 */
export function toLearned(value: unknown): Learned {
  const { format, actions, paging } = objectOf(value, 'the file');
  if (format !== 1) throw new Error('its format is not 1');
  return {
    actions: Object.fromEntries(
      Object.entries(objectOf(actions, 'actions')).map(([name, action]) => [name, toAction(action, name)]),
    ),
    paging: paging === undefined ? undefined : toPaging(objectOf(paging, 'paging')),
  };
}

function toAction(value: unknown, place: string): LearnedAction {
  const { status, code, isInBandFailure, bodyFormat, mediaType, headerNames, isAboutAnother, ms, shape } =
    objectOf(value, place);
  if (!isCount(status) || status < 100 || status > 599) throw new Error(`${place}.status is no HTTP status`);
  if (!isCount(ms)) throw new Error(`${place}.ms is no time in milliseconds`);
  if (!Array.isArray(headerNames) || !headerNames.every((name) => typeof name === 'string')) {
    throw new Error(`${place}.headerNames is no list of names`);
  }
  return {
    status,
    ms,
    headerNames,
    code: typeof code === 'string' ? code : null,
    isInBandFailure: isInBandFailure === true,
    bodyFormat: String(bodyFormat),
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    isAboutAnother: isAboutAnother === true,
    ...(shape !== undefined && { shape: toShape(shape, `${place}.shape`) }),
  };
}

function toShape(value: unknown, place: string): Shape {
  const { types, lengths, members, items } = objectOf(value, place);
  for (const [type, count] of Object.entries(objectOf(types, `${place}.types`))) {
    if (!shapeTypes.includes(type as ShapeType) || !isCount(count)) {
      throw new Error(`${place}.types.${type} is not known, or no count`);
    }
  }
  if (lengths !== undefined && !(Array.isArray(lengths) && lengths.length === 2 && lengths.every(isCount))) {
    throw new Error(`${place}.lengths is not a pair of lengths`);
  }
  return {
    types: types as Shape['types'],
    ...(lengths !== undefined && { lengths: lengths as unknown as readonly [number, number] }),
    ...(items !== undefined && { items: toShape(items, `${place}.items`) }),
    ...(members !== undefined && {
      members: Object.fromEntries(
        Object.entries(objectOf(members, `${place}.members`)).map(([name, member]) => [
          name,
          toShape(member, `${place}.members.${name}`),
        ]),
      ),
    }),
  };
}

const pagingMembers: readonly PagingMember[] = ['TotalCount', 'PageNumber', 'PageSize'];

function toPaging({ omitted, maxPageSize, ignoresPageNumber }: Record<string, unknown>): PagingChange {
  return {
    ...(isCount(maxPageSize) && { maxPageSize }),
    ignorePageNumber: ignoresPageNumber === true,
    omit: pagingMembers.filter((name) => Array.isArray(omitted) && omitted.includes(name)),
  };
}

function objectOf(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new Error(`${place} is not a JSON object`);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
