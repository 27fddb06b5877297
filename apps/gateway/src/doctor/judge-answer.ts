import type { Action, AnswerDescription, Failure, Outcome } from '@app/outboundbot-client';

import { fail, type Finding, ok, warn } from './finding.js';
import { limitAdvice } from './limit-advice.js';
import type { Answer } from './service-probe.js';

type AnyAnswer = Answer<unknown>;

const FORMATS: Readonly<Record<AnswerDescription['format'], string>> = {
  json: 'JSON',
  xml: 'XML',
  html: 'an HTML page',
  empty: 'an empty body',
  other: 'something that is neither JSON nor XML',
};

const ANOTHER_SERVER =
  'Another server answers in place of the service: a proxy, a login page or a load balancer.';
const CHECK_ENDPOINT = 'Check OUTBOUNDBOT_ENDPOINT, and the proxy if one applies.';

const SUPPORT = 'If it stays so, file a ticket with the request id.';

/** Whether an answer came, and whether the service has written it. */
export function judgeOrigin({ outcome, description }: AnyAnswer): Finding {
  if (!description) return fail('answer', ...noAnswer(outcome as Failure));
  if (!isOfTheService({ outcome, description })) return fail('answer', ...notOfTheService(description));
  const { status, format, hasRequestId } = description;
  const found = `HTTP ${status}, ${FORMATS[format]}`;
  return hasRequestId
    ? ok('answer', found)
    : warn('answer', `${found}, without a request id`, 'The service sends one. Check OUTBOUNDBOT_ENDPOINT.');
}

/** The service may answer an error in XML. */
function isOfTheService({ outcome, description }: Pick<AnyAnswer, 'outcome' | 'description'>): boolean {
  if (description?.format === 'json') return true;
  return description?.format === 'xml' && outcome.kind !== 'invalid-response';
}

function notOfTheService({ status, format }: AnswerDescription): [found: string, ...advice: string[]] {
  const isRedirect = status >= 300 && status < 400;
  return [
    `HTTP ${status}, ${isRedirect ? 'a redirect' : FORMATS[format]} instead of JSON`,
    ANOTHER_SERVER,
    CHECK_ENDPOINT,
  ];
}

function noAnswer({ kind, reason = '' }: Failure): [found: string, ...advice: string[]] {
  if (kind === 'timed-out') {
    return [
      'no answer in time',
      'The connection is open, so the service or a proxy is very slow or does not answer at all: try again later.',
    ];
  }
  if (kind === 'invalid-response') {
    const advice = limitAdvice(reason);
    return [
      `the gateway refuses the answer: ${reason}`,
      ...(advice === undefined ? [ANOTHER_SERVER, CHECK_ENDPOINT] : [advice]),
    ];
  }
  if (kind === 'refused') {
    return [`no call was made (${reason})`, 'See what the step credentials found, and try again.'];
  }
  return [
    `no answer (${reason})`,
    'The connection broke before an answer came: a firewall or a proxy may have closed it. Try again.',
  ];
}

/** More than this between the two clocks is refused by the service, in milliseconds. */
const MAX_SKEW_MS = 15 * 60_000;
const NOTABLE_SKEW_MS = 60_000;

/** Compares the clock of this machine with the answer's `Date`. */
export function judgeClock({ outcome, description, receivedAt }: AnyAnswer): Finding {
  const date = description?.date;
  const skewMs = date === undefined ? undefined : receivedAt - date;
  const advice = 'Synchronise the clock of this machine (NTP). In a container it is the clock of the host.';
  if (
    codeOf(outcome).startsWith('InvalidTimeStamp') ||
    (skewMs !== undefined && Math.abs(skewMs) > MAX_SKEW_MS)
  ) {
    const amount =
      skewMs === undefined || Math.abs(skewMs) < NOTABLE_SKEW_MS ? '' : `: ${skewInWords(skewMs)}`;
    return fail('clock', `too far off for the service, which allows 15 minutes${amount}`, advice);
  }
  if (skewMs === undefined) return warn('clock', 'the answer has no Date to compare with', advice);
  // `Date` has whole seconds.
  if (Math.abs(skewMs) < 2000) return ok('clock', 'agrees with that of the service');
  return Math.abs(skewMs) > NOTABLE_SKEW_MS
    ? warn('clock', skewInWords(skewMs), advice)
    : ok('clock', skewInWords(skewMs));
}

function skewInWords(skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const amount = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `${amount} ${skewMs > 0 ? 'ahead of' : 'behind'} the service`;
}

/** What the service says about the key and the signature, and what to do. */
const SIGNATURE_CODES: readonly (readonly [RegExp, found: string, ...advice: string[]])[] = [
  [
    /^InvalidAccessKeyId\.Inactive/,
    'the access key is disabled',
    'Enable it in the RAM console, or make a new one for the RAM user.',
  ],
  [
    /^InvalidAccessKeyId/,
    'the service does not know the access key id',
    'Check ALIBABA_CLOUD_ACCESS_KEY_ID, or the provider named above: is the key deleted, or of another site (China, international)?',
  ],
  [
    /^SignatureDoesNotMatch/,
    'the access key secret does not belong to the access key id',
    'Check ALIBABA_CLOUD_ACCESS_KEY_SECRET: often a character is missing, or the secret is of another key.',
    'If the secret is right, a proxy changes the request on its way.',
  ],
  [
    /^IncompleteSignature/,
    'a part of the signature is missing',
    'A proxy removes headers from the request: connect without that proxy.',
  ],
  [
    /^InvalidSecurityToken|^MissingSecurityToken/,
    'the STS token is expired, or it does not belong to the access key',
    'Get a new temporary key with its token, or use a provider that renews it, such as RRSA or an ECS RAM role.',
  ],
  [
    /^SignatureNonceUsed/,
    'the service has seen this request before',
    'A proxy repeats requests: connect without that proxy.',
  ],
];

/** Whether the service accepts the access key and the signature. */
export function judgeSignature({ outcome }: AnyAnswer): Finding {
  const code = codeOf(outcome);
  const [, found, ...advice] = SIGNATURE_CODES.find(([pattern]) => pattern.test(code)) ?? [];
  return found === undefined
    ? ok('signature', 'the service accepts the access key and the signature')
    : fail('signature', `${found} (${code})`, ...advice);
}

/** Whether the key may call an action. */
export function judgePermission(
  { name, ramActions }: Pick<Action<never, unknown>, 'name' | 'ramActions'>,
  answer: AnyAnswer,
): Finding {
  const step = `permission ${name}`;
  const { outcome, description } = answer;
  const code = codeOf(outcome);
  const inBand = description?.isInBandFailure === true ? ', inside an answer with HTTP 200' : '';
  if (outcome.kind === 'success') return ok(step, 'granted');
  if (!description) return fail(step, ...noAnswer(outcome));
  if (!isOfTheService(answer)) return fail(step, ...notOfTheService(description));
  switch (outcome.kind) {
    case 'not-found':
    case 'invalid-response':
      return ok(step, 'granted');
    case 'refused':
      return fail(step, ...refusal(code, inBand, ramActions));
    case 'throttled':
      return fail(
        step,
        `the service throttles this account (${code || `HTTP ${description.status}`}${inBand})`,
        'Other programs use up the quota of the account, or the quota is too small: wait, then ask for more.',
      );
    case 'unavailable':
    case 'failed':
    case 'timed-out':
      return fail(
        step,
        `the service failed (${code || `HTTP ${description.status}`}${inBand})${requestIdOf(outcome)}`,
        `Try again in a minute. ${SUPPORT}`,
      );
  }
}

function refusal(
  code: string,
  inBand: string,
  ramActions: readonly string[],
): [found: string, ...advice: string[]] {
  if (/^(Forbidden|NoPermission)/.test(code)) {
    return [
      `not granted (${code}${inBand})`,
      `Grant ${ramActions.join(' and ')} to the RAM user or role, for example with AliyunOutboundbotReadOnlyAccess.`,
      ...(ramActions.includes('outboundbot:ListInstances')
        ? ['If its policy allows one resource group only, set OUTBOUNDBOT_RESOURCE_GROUP_ID to that group.']
        : []),
    ];
  }
  if (/^(InvalidApi|InvalidAction|InvalidProduct|NoSuchVersion|UnsupportedOperation)/.test(code)) {
    return [
      `this endpoint does not know the action (${code}${inBand})`,
      'OUTBOUNDBOT_ENDPOINT is the host of another product or region: set it to outboundbot.cn-shanghai.aliyuncs.com.',
    ];
  }
  return [
    `the service refuses the call (${code || 'no code'}${inBand})`,
    'docs/upstream-errors.md says what the codes mean.',
  ];
}

function requestIdOf({ requestId }: Outcome<unknown>): string {
  return requestId === null ? '' : `, request id ${requestId}`;
}

function codeOf(outcome: Outcome<unknown>): string {
  return outcome.kind === 'success' ? '' : (outcome.code ?? '');
}
