import {
  EXPECTED_FIELDS,
  type ExpectedField,
  type Failure,
  isAboutAnother,
  type Shape,
  type ShapeType,
} from '@app/outboundbot-client';

import { fail, type Finding, ok, skip, warn } from './finding.js';
import { limitAdvice } from './limit-advice.js';
import type { Answer } from './service-probe.js';

/** Compares the fields of an answer with the documented ones. */
export function judgeShape(action: string, { outcome, description }: Answer<unknown>): Finding {
  const step = `shape ${action}`;
  const shape = description?.shape;
  if (!shape || (outcome.kind !== 'success' && outcome.kind !== 'invalid-response')) {
    return skip(step, 'there is no successful answer to look at');
  }
  if (outcome.kind === 'invalid-response') {
    return fail(step, ...unusable(outcome));
  }
  const part = shape.members?.['Instance'] ?? shape.members?.['Instances']?.items;
  if (!part) return skip(step, 'the list is empty: there is no instance to look at');
  return judgeFields(step, EXPECTED_FIELDS[action] ?? [], part);
}

/** About an instance that the service does not know. An id with a typing error says nothing about the gateway. */
export function judgeMissing(isListed: boolean): Finding {
  const step = 'shape DescribeInstance';
  return isListed
    ? fail(
        step,
        'the service lists an instance, but knows none with its id',
        'Try again: it may have just been deleted. If it stays so, DescribeInstance does not work for this account.',
      )
    : warn(
        step,
        'the service knows no instance with this id',
        'Check the id, and that the access key belongs to the account of the instance.',
      );
}

/** The reason of a wrong shape names fields, except for one that names ids. */
function unusable(failure: Failure): [found: string, ...advice: string[]] {
  if (isAboutAnother(failure)) {
    return [
      'the answer is about another instance than the one that was asked for',
      'A cache or a proxy in between mixes up answers: connect without it. The gateway refuses such answers.',
    ];
  }
  const { reason = '' } = failure;
  const advice = limitAdvice(reason);
  if (advice !== undefined) return [reason, advice];
  return [
    `the gateway cannot use the answer: ${reason}`,
    'The service answers otherwise than documented: save what it sends with --save, and open an issue with that file.',
  ];
}

interface Deviation {
  readonly text: string;
  readonly advice?: string;
}

function judgeFields(step: string, expected: readonly ExpectedField[], part: Shape): Finding {
  const members = part.members ?? {};
  const names = new Set(expected.map(({ name }) => name));
  const unknown = Object.keys(members).filter((name) => !names.has(name));
  const secrets = Object.entries(members['NluProfile']?.members ?? {})
    .filter(([, { types }]) => has(types, 'string'))
    .map(([name]) => name);
  const deviations: Deviation[] = [
    ...deviation('missing', expected, members, (types) => isOnly(types, 'missing'), MISSING),
    ...deviation(
      'null',
      expected,
      members,
      (types) => isOnly(types, 'null', 'missing') && has(types, 'null'),
    ),
    ...deviation('missing or null in some', expected, members, (types) => {
      return (has(types, 'missing') || has(types, 'null')) && !isOnly(types, 'missing', 'null');
    }),
    ...expected.flatMap(({ name, type }) => {
      const others = otherTypes(members[name]?.types ?? {}, type);
      return others.length === 0
        ? []
        : [
            {
              text: `${name} as ${others.join(' or ')}`,
              advice: 'The gateway accepts these types; other programs may not.',
            },
          ];
    }),
  ];
  const isWarning = deviations.some(({ advice }) => advice !== undefined) || secrets.length > 0;
  const found = [
    deviations.length === 0
      ? `all ${expected.length} documented fields`
      : deviations.map(({ text }) => text).join('; '),
    ...(unknown.length === 0 ? [] : [`not documented: ${unknown.join(', ')}`]),
    ...digitsOf(members['CreatorId']),
    ...(secrets.length === 0 ? [] : [`secrets in NluProfile: ${secrets.join(', ')}`]),
  ].join('; ');
  const advice = [
    ...new Set(deviations.flatMap((each) => each.advice ?? [])),
    ...(secrets.length === 0
      ? []
      : [
          'The gateway drops them. Every other program with this access key can read them: keep the key safe.',
        ]),
  ];
  return isWarning ? warn(step, found, ...advice) : ok(step, found);
}

const MISSING = 'The gateway answers null for a missing field. Make sure that its callers can do without.';

function deviation(
  what: string,
  expected: readonly ExpectedField[],
  members: Readonly<Record<string, Shape>>,
  isSo: (types: Shape['types']) => boolean,
  advice?: string,
): Deviation[] {
  const names = expected
    .filter(({ name }) => isSo(members[name]?.types ?? { missing: 1 }))
    .map(({ name }) => name);
  return names.length === 0
    ? []
    : [{ text: `${what}: ${names.join(', ')}`, ...(advice !== undefined && { advice }) }];
}

/** Text of any form is a string where a string is documented. */
function otherTypes(types: Shape['types'], documented: ShapeType): string[] {
  const accepted: ShapeType[] = [documented, 'missing', 'null'];
  if (documented === 'string') accepted.push('boolean-text', 'integer-text');
  return (Object.keys(types) as ShapeType[])
    .filter((type) => !accepted.includes(type))
    .map((type) => type.replace('-text', ' in a string'));
}

function digitsOf(creatorId: Shape | undefined): string[] {
  if (!creatorId?.lengths) return [];
  const [shortest, longest] = creatorId.lengths;
  return [`CreatorId has ${shortest === longest ? longest : `${shortest} to ${longest}`} digits`];
}

function has(types: Shape['types'], type: ShapeType): boolean {
  return (types[type] ?? 0) > 0;
}

function isOnly(types: Shape['types'], ...allowed: ShapeType[]): boolean {
  return Object.keys(types).every((type) => allowed.includes(type as ShapeType));
}
