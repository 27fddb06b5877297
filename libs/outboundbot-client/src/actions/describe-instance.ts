import { members, WrongShapeError } from '../decode.js';
import type { Failure } from '../outcome.js';
import type { Action } from './action.js';
import { INSTANCE_FIELDS } from './instance-fields.js';

export interface DescribeInstanceQuery {
  /** Any text. The upstream answers `NotExist.Instance` to an id that it does not know. */
  readonly instanceId: string;
}

const instance = members(INSTANCE_FIELDS);

/** An instance, with the upstream's field names. */
export type DescribedInstance = ReturnType<typeof instance>;

/** Reads one instance by its id. An answer about another instance is a {@link WrongShapeError}. */
export const describeInstance: Action<DescribeInstanceQuery, DescribedInstance> = {
  name: 'DescribeInstance',
  // The vendor's pages disagree on the name, so a policy needs both.
  ramActions: ['outboundbot:DescribeInstance', 'outboundbot:GetInstance'],
  kind: 'instance',
  parameters: ({ instanceId }) => ({ InstanceId: instanceId }),
  decode: (envelope, { instanceId }) => {
    const described = instance(envelope['Instance'], 'Instance');
    requireSameId(instanceId, described.InstanceId);
    return described;
  },
};

const ABOUT_ANOTHER = 'it is about ';

/** Whether the upstream answered with another instance than the one that was asked for. */
export function isAboutAnother({ kind, reason }: Pick<Failure, 'kind' | 'reason'>): boolean {
  return kind === 'invalid-response' && reason?.startsWith(ABOUT_ANOTHER) === true;
}

/** The ids may differ in the case of their letters. */
function requireSameId(asked: string, answered: string): void {
  // toLowerCase turns some other characters into ASCII letters too: U+212A, the Kelvin sign, becomes k.
  const isAscii = /^[\x20-\x7e]*$/.test(answered);
  if (answered === asked || (isAscii && answered.toLowerCase() === asked.toLowerCase())) return;
  throw new WrongShapeError(`${ABOUT_ANOTHER}${loggable(answered)}, not about ${loggable(asked)}`);
}

/** Only a plain id is logged: other text from the upstream may be anything. */
function loggable(id: string): string {
  return /^[A-Za-z0-9._-]{1,64}$/.test(id) ? id : 'something that is no id';
}
