import type { AnswerMembers } from '../protocol/answer.js';
import {
  type Answer,
  type AnswerContext,
  errorAnswer,
  scriptedSuccessAnswer,
  successTree,
} from '../protocol/answer.js';
import type { LearnedAction, Shape } from './learned-file.js';
import { reshape } from './reshape.js';

/** Headers that describe this connection or this body, so that another answer cannot have them. */
const ownHeaders = new Set([
  ...['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-encoding', 'content-type'],
  ...[
    'date',
    'trailer',
    'upgrade',
    'x-acs-request-id',
    'x-acs-retry-after',
    'retry-after',
    'set-cookie',
    'location',
  ],
]);

/** The form of a header name (RFC 9110, section 5.1). */
const headerName = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/;

/**
 * Answers as the service did: with its error, or with its shape of a success.
 *
 * @param makeMembers of the emulator's own answer
 */
export function learnedAnswer(
  context: AnswerContext,
  learned: LearnedAction,
  makeMembers: () => AnswerMembers,
): Answer {
  const answer = bodyOf(context, learned, makeMembers);
  const names = learned.headerNames.filter((name) => headerName.test(name) && !ownHeaders.has(name));
  return {
    ...answer,
    headers: { ...Object.fromEntries(names.map((name) => [name, 'learned'])), ...answer.headers },
  };
}

function bodyOf(context: AnswerContext, learned: LearnedAction, makeMembers: () => AnswerMembers): Answer {
  const { status, code, isInBandFailure, bodyFormat, mediaType, shape } = learned;
  if (bodyFormat !== 'json' && bodyFormat !== 'xml') {
    const body = { html: '<html><body>learned</body></html>', empty: '' }[bodyFormat] ?? 'learned';
    return { status, headers: { 'content-type': mediaType || 'text/html' }, body };
  }
  if (code !== null && code !== 'OK') return errorAnswer(context, { code, status, inBand: isInBandFailure });
  const tree = { ...successTree(context, makeMembers()), ...(isInBandFailure && { Success: false }) };
  if (!shape) return scriptedSuccessAnswer(context, tree);
  return scriptedSuccessAnswer(context, ofAnother(learned, everyMember(tree, shape)));
}

/** A member that is left out must be undefined, because the emulator's envelope has it otherwise. */
function everyMember(tree: Record<string, unknown>, shape: Shape): Record<string, unknown> {
  const absent = Object.fromEntries(Object.keys(tree).map((name) => [name, undefined]));
  return { ...absent, ...(reshape(tree, shape) as Record<string, unknown>) };
}

function ofAnother(
  { isAboutAnother }: LearnedAction,
  tree: Record<string, unknown>,
): Record<string, unknown> {
  const { Instance } = tree;
  return isAboutAnother && typeof Instance === 'object'
    ? { ...tree, Instance: { ...Instance, InstanceId: 'another-instance' } }
    : tree;
}
