import type { AnswerDescription, Failure, Outcome } from '@app/outboundbot-client';
import { describe, expect, it } from 'vitest';

import { judgeClock, judgeOrigin, judgePermission, judgeSignature } from './judge-answer.js';
import type { Answer } from './service-probe.js';

const NOW = Date.UTC(2025, 10, 25);

const success: Outcome<unknown> = { kind: 'success', value: undefined, requestId: 'r', retry: 'never' };

const failure = (kind: Failure['kind'], code: string | null = null, reason = ''): Failure => ({
  ...{ kind, code, reason },
  requestId: null,
  retry: 'never',
});

function answerWith(
  outcome: Outcome<unknown>,
  description: Partial<AnswerDescription> = {},
): Answer<unknown> {
  return {
    outcome,
    description: {
      ...{ status: 200, headerNames: [], mediaType: 'application/json', format: 'json', date: NOW },
      ...{ hasRequestId: true, code: null, isInBandFailure: false },
      ...description,
    },
    ms: 1,
    receivedAt: NOW,
  };
}

describe('the doctor about an answer', () => {
  it('warns of JSON without a request id, which another server may have sent', () => {
    expect(judgeOrigin(answerWith(success, { hasRequestId: false }))).toMatchObject({
      status: 'warn',
      found: 'HTTP 200, JSON, without a request id',
    });
  });

  it('takes an error in XML for an answer of the service, but no other XML', () => {
    const inXml = { format: 'xml', status: 403 } as const;
    expect(judgeOrigin(answerWith(failure('refused', 'Forbidden'), inXml))).toMatchObject({
      status: 'ok',
      found: 'HTTP 403, XML',
    });
    expect(judgeOrigin(answerWith(failure('invalid-response'), { format: 'xml' })).status).toBe('fail');
  });

  it.each([
    ['empty', 'an empty body instead of JSON'],
    ['other', 'something that is neither JSON nor XML instead of JSON'],
  ] as const)('names a body of format %s', (format, found) => {
    expect(judgeOrigin(answerWith(failure('invalid-response'), { format })).found).toBe(`HTTP 200, ${found}`);
  });

  it.each([
    [0, 'ok', 'agrees with that of the service'],
    [30_000, 'ok', '30 s ahead of the service'],
    [-90_000, 'warn', '90 s behind the service'],
    [
      16 * 60_000,
      'fail',
      'too far off for the service, which allows 15 minutes: 16 min ahead of the service',
    ],
  ])('compares a clock that is %i ms ahead', (skewMs, status, found) => {
    const answer = { ...answerWith(success), receivedAt: NOW + skewMs };
    expect(judgeClock(answer)).toMatchObject({ status, found });
  });

  it('believes the service that the clock is off, even if the answer has no Date or one of a proxy', () => {
    const expired = failure('refused', 'InvalidTimeStamp.Expired');
    const found = 'too far off for the service, which allows 15 minutes';
    expect(judgeClock(answerWith(expired))).toMatchObject({ status: 'fail', found });
    const withoutDate: Partial<AnswerDescription> = { ...answerWith(expired).description };
    delete (withoutDate as { date?: number }).date;
    expect(
      judgeClock({ ...answerWith(expired), description: withoutDate as AnswerDescription }),
    ).toMatchObject({ found });
    expect(
      judgeClock({ ...answerWith(success), description: withoutDate as AnswerDescription }),
    ).toMatchObject({
      status: 'warn',
      found: 'the answer has no Date to compare with',
    });
  });

  it.each(['IncompleteSignature', 'SignatureNonceUsed'])('suspects a proxy behind %s', (code) => {
    expect(judgeSignature(answerWith(failure('refused', code)))).toMatchObject({
      status: 'fail',
      advice: [expect.stringMatching(/^A proxy .*: connect without that proxy\.$/)],
    });
  });

  it.each([
    ['throttled', 'the service throttles this account (HTTP 503)'],
    ['unavailable', 'the service failed (HTTP 503)'],
    ['refused', 'the service refuses the call (no code)'],
  ] as const)('names the status of a failure %s without a code', (kind, found) => {
    expect(
      judgePermission({ name: 'A', ramActions: [] }, answerWith(failure(kind), { status: 503 })),
    ).toMatchObject({
      status: 'fail',
      found,
    });
  });

  it('counts an answer of a wrong shape as granted, because the service has given an instance', () => {
    expect(
      judgePermission({ name: 'A', ramActions: [] }, answerWith(failure('invalid-response'))),
    ).toMatchObject({ status: 'ok' });
  });

  it('tells a call without an answer from a refused one', () => {
    const silent = { ...answerWith(failure('unavailable', null, 'ECONNRESET')), description: undefined };
    expect(judgePermission({ name: 'A', ramActions: [] }, silent).found).toBe('no answer (ECONNRESET)');
  });
});
