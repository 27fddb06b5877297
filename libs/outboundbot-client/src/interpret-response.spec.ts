import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { describeInstance } from './actions/describe-instance.js';
import { interpretResponse } from './interpret-response.js';
import type { Outcome } from './outcome.js';

function interpret(
  status: number,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Outcome<unknown> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return interpretResponse({ status, headers, body: bytes }, (envelope) =>
    describeInstance.decode(envelope, { instanceId: 'a' }),
  );
}

const KINDS = [
  'success',
  'not-found',
  'refused',
  'throttled',
  'unavailable',
  'failed',
  'invalid-response',
  'timed-out',
];
const FIELDS = [
  'InstanceId',
  'InstanceName',
  'InstanceDescription',
  'MaxConcurrentConversation',
  'OwnerName',
  'CreatorId',
  'CreatorName',
  'CreationTime',
  'ResourceGroupId',
];

/** A success envelope around JSON text, so that numbers of any length can be written. */
const envelope = (instance: string): string =>
  `{"Success":true,"Code":"OK","HttpStatusCode":200,"RequestId":"R-1","Instance":${instance}}`;

describe('interpretResponse', () => {
  it('never throws and always finds one of the known kinds, for any status and bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), fc.uint8Array({ maxLength: 200 }), (status, body) => {
        expect(KINDS).toContain(interpret(status, body).kind);
      }),
    );
  });

  it('never throws and never takes for a success what is none, for any JSON', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), fc.json(), (status, json) => {
        const { kind } = interpret(status, json);
        expect(KINDS).toContain(kind);
        expect(kind).not.toBe('success');
      }),
    );
  });

  it('keeps every digit of a 64-bit creator id, as a number or as a string', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.boolean(), (id, quoted) => {
        const outcome = interpret(200, envelope(`{"InstanceId":"a","CreatorId":${quoted ? `"${id}"` : id}}`));
        expect(outcome).toMatchObject({ kind: 'success', value: { CreatorId: String(id) } });
      }),
    );
  });

  it('keeps every text verbatim', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const outcome = interpret(200, envelope(JSON.stringify({ InstanceId: 'a', InstanceName: name })));
        expect(outcome).toMatchObject({ kind: 'success', value: { InstanceName: name } });
      }),
    );
  });

  it('takes the nine fields and no other, whatever else is there', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (extra) => {
        fc.pre(FIELDS.every((field) => !Object.hasOwn(extra, field)));
        const outcome = interpret(200, envelope(JSON.stringify({ ...extra, InstanceId: 'a' })));
        expect(outcome.kind).toBe('success');
        expect(Object.keys((outcome as { value: object }).value)).toStrictEqual(FIELDS);
      }),
    );
  });

  it('is not confused by the names of inherited members', () => {
    const outcome = interpret(
      200,
      envelope('{"InstanceId":"a","__proto__":{"OwnerName":"x"},"constructor":"y"}'),
    );
    expect(outcome).toMatchObject({ kind: 'success', value: { OwnerName: null } });
    expect(interpret(200, '{"__proto__":{"Success":true,"Code":"OK"}}').kind).toBe('failed');
  });

  it('takes no text that is not UTF-8', () => {
    const body = Buffer.from(
      envelope('{"InstanceId":"a","InstanceName":"X"}').replace('X', '\xff'),
      'latin1',
    );
    expect(interpret(200, body)).toMatchObject({ kind: 'invalid-response', reason: 'not JSON' });
  });

  it('says which field is wrong, not what it holds', () => {
    expect(interpret(200, envelope('{"InstanceId":"a","OwnerName":["secret"]}'))).toStrictEqual({
      kind: 'invalid-response',
      code: null,
      requestId: 'R-1',
      retry: 'never',
      reason: 'Instance.OwnerName is not a string',
      answered: true,
    });
  });

  it('finds code and request id in XML errors, spaces and declaration included', () => {
    const xml =
      '\n<?xml version="1.0"?>\n<Error><RequestId>R-2</RequestId><Code>Throttling.User</Code></Error>';
    expect(interpret(400, xml)).toMatchObject({
      kind: 'throttled',
      code: 'Throttling.User',
      requestId: 'R-2',
    });
  });

  it('takes a failure inside an XML envelope for what it is, and a success in XML for none', () => {
    const envelope = (success: boolean, code: string): string =>
      `<DescribeInstanceResponse><RequestId>R-9</RequestId><Code>${code}</Code><HttpStatusCode>503</HttpStatusCode>` +
      `<Success>${success}</Success></DescribeInstanceResponse>`;
    expect(interpret(200, envelope(false, 'NotExist.Instance'))).toMatchObject({
      kind: 'not-found',
      requestId: 'R-9',
    });
    expect(interpret(200, envelope(false, 'Odd'))).toMatchObject({ kind: 'unavailable', code: 'Odd' });
    expect(interpret(200, envelope(true, 'OK'))).toMatchObject({
      kind: 'invalid-response',
      reason: 'not JSON',
    });
  });

  it('does not spend its time on XML that is too long to be an error', () => {
    const xml = `<Error><Code>Throttling</Code>${'<a/>'.repeat(100_000)}</Error>`;
    expect(interpret(400, xml)).toMatchObject({ kind: 'refused', code: null });
  });

  it('classifies by the whole code, also by one that is too long to show', () => {
    const body = JSON.stringify({ Code: `Throttling.${'a'.repeat(100)}` });
    expect(interpret(400, body)).toMatchObject({ kind: 'throttled', code: null });
  });

  it.each([
    ['0012', '12'],
    ['-0', '0'],
    ['18446744073709551615', '18446744073709551615'],
  ])('writes the integer %s as %s', (digits, canonical) => {
    const outcome = interpret(200, envelope(`{"InstanceId":"a","CreatorId":"${digits}"}`));
    expect(outcome).toMatchObject({ kind: 'success', value: { CreatorId: canonical } });
  });

  it.each(['18446744073709551616', '-9223372036854775809', '9'.repeat(100_000)])(
    'takes no integer that 64 bits cannot hold',
    (digits) => {
      expect(interpret(200, envelope(`{"InstanceId":"a","CreatorId":${digits}}`))).toMatchObject({
        kind: 'invalid-response',
        reason: 'Instance.CreatorId is out of range',
      });
    },
  );

  it('expands no XML entities', () => {
    const xml = '<!DOCTYPE Error [<!ENTITY c "Throttling">]><Error><Code>&c;</Code></Error>';
    expect(interpret(400, xml)).toMatchObject({ kind: 'refused', code: null });
  });

  it('takes the request id from the header when the body has none', () => {
    expect(interpret(500, '', { 'x-acs-request-id': 'R-3' })).toMatchObject({
      kind: 'failed',
      requestId: 'R-3',
    });
  });

  it('drops a request id that is not a string', () => {
    expect(interpret(500, '{"RequestId":42}')).toMatchObject({ requestId: null });
  });

  it('reads errors with lower-case members too', () => {
    expect(interpret(404, '{"code":"NotExist.Instance","requestId":"R-4"}')).toMatchObject({
      kind: 'not-found',
      requestId: 'R-4',
    });
  });

  it('goes by the status inside a 200 answer when the code is unknown', () => {
    const inBand = (status: number) => `{"Success":false,"Code":"New","HttpStatusCode":${status}}`;
    expect(interpret(200, inBand(403)).kind).toBe('refused');
    expect(interpret(200, inBand(503)).kind).toBe('unavailable');
    expect(interpret(200, inBand(200)).kind).toBe('failed');
  });

  describe('how long the upstream asks us to wait', () => {
    const HTTP_DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
    const FIVE_SECONDS_LATER = 'Sun, 06 Nov 1994 08:49:42 GMT';

    it.each([
      ['is in milliseconds in its own header, which makes throttling of the error', 500, '2', 2],
      ['is so in a failure inside a 200 as well', 200, '1500', 1500],
    ])('%s', (_, status, wait, ms) => {
      const body = '{"Success":false,"Code":"InternalError","HttpStatusCode":500}';
      expect(interpret(status, body, { 'x-acs-retry-after': wait })).toMatchObject({
        kind: 'throttled',
        code: 'InternalError',
        retry: 'longer-backoff',
        retryAfterMs: ms,
      });
    });

    it('is not told by a value that is none, but the error is throttling all the same', () => {
      const outcome = interpret(500, '{"Code":"InternalError"}', { 'x-acs-retry-after': 'soon' });
      expect(outcome).toMatchObject({ kind: 'throttled' });
      expect(outcome).not.toHaveProperty('retryAfterMs');
    });

    it.each([
      [429, '', 'throttled', 'retry-after', '3', 3000],
      [503, '', 'unavailable', 'retry-after', '3', 3000],
      [503, '{"Code":"InternalError"}', 'failed', 'retry-after', '3', 3000],
      [400, '{"Code":"Throttling.User"}', 'throttled', 'retry-after', '3', 3000],
      [503, '', 'unavailable', 'retry-after', FIVE_SECONDS_LATER, 5000],
    ])("is HTTP's own header otherwise: %i %s", (status, body, kind, header, value, ms) => {
      expect(interpret(status, body, { date: HTTP_DATE, [header]: value })).toMatchObject({
        kind,
        retryAfterMs: ms,
      });
    });

    it("is the upstream's own header if both are there", () => {
      const both = { 'x-acs-retry-after': '40', 'retry-after': '30' };
      expect(interpret(429, '', both)).toMatchObject({ retryAfterMs: 40 });
    });

    it.each([500, 502, 404, 403])("is not HTTP's header with %i", (status) => {
      expect(interpret(status, '', { 'retry-after': '3' })).not.toHaveProperty('retryAfterMs');
    });
  });

  it.each(['"true"', '"True"', '"TRUE"', 'true'])('takes %s for a success', (success) => {
    const body = `{"Success":${success},"Code":"OK","Instance":{"InstanceId":"a"}}`;
    expect(interpret(200, body)).toMatchObject({ kind: 'success' });
  });

  it.each(['"false"', 'false', '"yes"', '1', '"1"', 'null', '{}', '[true]'])(
    'takes %s for no success',
    (success) => {
      const body = `{"Success":${success},"Code":"OK","Instance":{"InstanceId":"a"}}`;
      expect(interpret(200, body).kind).toBe('failed');
    },
  );

  it('takes no answer about another instance, and names both', () => {
    expect(interpret(200, envelope('{"InstanceId":"b"}'))).toMatchObject({
      kind: 'invalid-response',
      reason: 'it is about b, not about a',
    });
  });

  it('is not taken in by letters that look like others', () => {
    const answer = { Instance: { InstanceId: '\u212Aey' } };
    expect(() => describeInstance.decode(answer, { instanceId: 'key' })).toThrow('it is about');
  });

  it.each(['1.0', '1e3', '1.5', '-1E2'])('takes no %s for an integer, whatever else is there', (number) => {
    for (const other of ['1', '205273937398494789']) {
      const instance = `{"InstanceId":"a","CreatorId":${number},"CreationTime":${other}}`;
      expect(interpret(200, envelope(instance)).kind).toBe('invalid-response');
    }
  });

  it.each(['1', '205273937398494789'])('takes the last of members of one name, beside %s', (other) => {
    const instance = `{"InstanceId":"b","InstanceId":"a","CreatorId":${other}}`;
    expect(interpret(200, envelope(instance))).toMatchObject({
      kind: 'success',
      value: { CreatorId: other },
    });
  });

  it('names nothing that only claims to be an id', () => {
    const outcome = interpret(200, envelope('{"InstanceId":"a secret, say"}'));
    expect(outcome).toMatchObject({ reason: 'it is about something that is no id, not about a' });
  });

  it('takes an id in letters of another case for the same, and keeps it as it came', () => {
    const outcome = interpret(200, envelope('{"InstanceId":"A"}'));
    expect(outcome).toMatchObject({ kind: 'success', value: { InstanceId: 'A' } });
  });

  it('throws on a defect of the decoder', () => {
    const decode = () => {
      throw new RangeError('defect');
    };
    const body = Buffer.from(envelope('{}'));
    expect(() => interpretResponse({ status: 200, headers: {}, body }, decode)).toThrow('defect');
  });

  it.each([100, 199, 300, 302, 399])('takes %i for a redirect, whatever the answer says', (status) => {
    expect(interpret(status, envelope('{"InstanceId":"a"}'))).toStrictEqual({
      kind: 'invalid-response',
      code: null,
      requestId: 'R-1',
      retry: 'never',
      reason: 'a redirect',
    });
  });

  it('takes every 2xx for a success, and never tries it again', () => {
    for (const status of [200, 299]) {
      expect(interpret(status, envelope('{"InstanceId":"a"}'))).toMatchObject({
        kind: 'success',
        requestId: 'R-1',
        retry: 'never',
      });
    }
  });

  it('takes an answer with Success true and a code of failure for that failure', () => {
    const body = '{"Success":true,"Code":"Throttling.User","Instance":{"InstanceId":"a"}}';
    expect(interpret(200, body)).toMatchObject({ kind: 'throttled', code: 'Throttling.User' });
  });

  it('does not report OK as the code of a failure', () => {
    expect(interpret(500, '{"Success":false,"Code":"OK"}')).toMatchObject({ kind: 'failed', code: null });
  });

  it.each(['null', '[]', '"text"', '12345678901234567890', '1', 'true'])(
    'takes %s, which is no object, for no JSON',
    (body) => {
      expect(interpret(200, body)).toMatchObject({ kind: 'invalid-response', reason: 'not JSON' });
    },
  );

  it.each(['1.0', '10.0', '10e0'])('sees that %s is no integer if it is the only number', (number) => {
    const body = `{"Success":true,"Code":"OK","Instance":{"InstanceId":"a","CreatorId":${number}}}`;
    expect(interpret(200, body)).toMatchObject({ reason: 'Instance.CreatorId is not an integer' });
  });

  it('takes no HTTP status that is no integer from a failure', () => {
    const inBand = (status: string) => `{"Success":false,"Code":"New","HttpStatusCode":${status}}`;
    for (const status of ['"soon"', 'null', '503.5', 'true', '[503]', '{}']) {
      expect(interpret(200, inBand(status)).kind).toBe('failed');
    }
    expect(interpret(200, inBand('"503"')).kind).toBe('unavailable');
  });

  it('takes Success of a list for no success', () => {
    expect(interpret(200, '{"Success":["true"],"Code":"OK"}').kind).toBe('failed');
  });

  it.each([
    ['a text', '<Error>Throttling</Error>'],
    ['nothing', '<Error/>'],
    ['another name', '<Page><Code>Throttling</Code></Page>'],
    ['no XML', 'Error <Error><Code>Throttling</Code></Error>'],
  ])('finds no code in an XML error of %s', (_, body) => {
    expect(interpret(400, body)).toMatchObject({ kind: 'refused', code: null });
  });

  it('keeps a code of digits in XML as text, and ignores attributes', () => {
    expect(interpret(400, '<Error><Code>007</Code></Error>')).toMatchObject({ code: '007' });
    expect(interpret(400, '<Error><Code lang="en">Throttling</Code></Error>')).toMatchObject({
      kind: 'throttled',
    });
  });

  it('reads XML up to 65,536 characters', () => {
    const xml = (length: number): string => {
      const [start, end] = ['<Error><Code>Throttling</Code><Message>', '</Message></Error>'];
      return start + 'x'.repeat(length - start.length - end.length) + end;
    };
    expect(interpret(400, xml(65_536)).kind).toBe('throttled');
    expect(interpret(400, xml(65_537)).kind).toBe('refused');
  });

  it.each([
    ['429 with a code of failure', 429, 'InternalError'],
    ['500 with a code of unavailability', 500, 'SystemBusy'],
  ])("heeds HTTP's own header with %s", (_, status, code) => {
    const headers = { 'retry-after': '3' };
    expect(interpret(status, JSON.stringify({ Code: code }), headers)).toMatchObject({ retryAfterMs: 3000 });
  });
});
