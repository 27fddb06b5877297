import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Emulator, startEmulator } from '../start-emulator.js';
import {
  type RawAnswer,
  sampleId,
  sendV1,
  sendV3,
  timestampOf,
  v1Parameters,
} from '../testing/signed-request.js';

const minute = 60_000;
const noon = Date.UTC(2026, 0, 1, 12);
const timestamp = timestampOf(noon);

let emulator: Emulator;
let endpoint: string;
let now: number;

beforeEach(async () => {
  now = noon;
  emulator = await startEmulator({ now: () => now });
  ({ endpoint } = emulator);
});

afterEach(() => emulator.close());

function codeOf(answer: RawAnswer): string {
  const { Code } = JSON.parse(answer.body) as { Code: string };
  return `${answer.status} ${Code}`;
}

describe('a V3 call', () => {
  it('is answered by POST and by GET when its signature is right', async () => {
    expect(codeOf(await sendV3({ endpoint, timestamp }))).toBe('200 OK');
    expect(codeOf(await sendV3({ endpoint, timestamp, method: 'GET' }))).toBe('200 OK');
  });

  it('is answered when its parameters are in a signed form body', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const call = { endpoint, timestamp, query: [], body: `InstanceId=${sampleId}`, headers };
    expect(codeOf(await sendV3(call))).toBe('200 OK');
  });

  it('is refused when the secret is wrong, also while a fault is active', async () => {
    emulator.faults.add({ kind: 'error', code: 'InternalError' });
    const answer = await sendV3({ endpoint, timestamp, accessKeySecret: 'wrong' });
    expect(codeOf(answer)).toBe('400 SignatureDoesNotMatch');
  });

  it('is refused with 404 InvalidAccessKeyId.NotFound when the access key is unknown', async () => {
    const answer = await sendV3({ endpoint, timestamp, accessKeyId: 'unknown' });
    expect(codeOf(answer)).toBe('404 InvalidAccessKeyId.NotFound');
  });

  it('is refused when a signed header is changed after signing', async () => {
    for (const override of [
      { 'x-acs-action': 'ListInstances' },
      { 'x-acs-signature-nonce': 'another' },
      { 'x-acs-date': timestampOf(noon + 1000) },
      { host: 'example.com' },
    ]) {
      expect(codeOf(await sendV3({ endpoint, timestamp, override }))).toBe('400 SignatureDoesNotMatch');
    }
  });

  it('is refused when the body differs from its signed hash', async () => {
    const headers = { 'content-type': 'text/plain', 'x-acs-content-sha256': '0'.repeat(64) };
    const answer = await sendV3({ endpoint, timestamp, body: 'x', headers });
    expect(codeOf(answer)).toBe('400 SignatureDoesNotMatch');
  });

  it.each([
    { authorization: undefined },
    { authorization: 'Basic abc' },
    { 'x-acs-date': undefined },
    { 'x-acs-signature-nonce': undefined },
    { 'x-acs-content-sha256': undefined },
    { 'x-acs-unsigned': 'x' },
    { 'content-type': 'text/plain' },
  ])('is refused as incomplete with %j', async (override) => {
    expect(codeOf(await sendV3({ endpoint, timestamp, override }))).toBe('400 IncompleteSignature');
  });

  it('is refused when its nonce was used in the last 15 minutes, by either signature version', async () => {
    const call = { endpoint, nonce: 'once' };
    expect(codeOf(await sendV3({ ...call, timestamp }))).toBe('200 OK');
    now += 15 * minute;
    const later = timestampOf(now);
    expect(codeOf(await sendV3({ ...call, timestamp: later }))).toBe('400 SignatureNonceUsed');
    const parameters = v1Parameters({ ...call, timestamp: later });
    expect(codeOf(await sendV1(endpoint, parameters))).toBe('400 SignatureNonceUsed');
    now += 1;
    expect(codeOf(await sendV3({ ...call, timestamp: timestampOf(now) }))).toBe('200 OK');
  });

  it('does not use up its nonce when its signature is wrong', async () => {
    const call = { endpoint, timestamp, nonce: 'mine' };
    expect(codeOf(await sendV3({ ...call, accessKeySecret: 'wrong' }))).toBe('400 SignatureDoesNotMatch');
    expect(codeOf(await sendV3(call))).toBe('200 OK');
  });

  it.each([
    [15 * minute, '200 OK'],
    [-15 * minute, '200 OK'],
    [15 * minute + 1000, '400 InvalidTimeStamp.Expired'],
    [-15 * minute - 1000, '400 InvalidTimeStamp.Expired'],
  ])('with a clock %i ms off is answered with %s', async (skew, expected) => {
    expect(codeOf(await sendV3({ endpoint, timestamp: timestampOf(noon + skew) }))).toBe(expected);
  });

  it.each(['now', '2026-01-01 12:00:00', '2026-13-01T12:00:00Z', '1767268800'])(
    'with the timestamp "%s" is refused with InvalidTimeStamp.Format',
    async (unreadable) => {
      const answer = await sendV3({ endpoint, timestamp: unreadable });
      expect(codeOf(answer)).toBe('400 InvalidTimeStamp.Format');
    },
  );

  it('is refused when it has a security token and the key pair has none', async () => {
    const headers = { 'x-acs-security-token': 'token' };
    expect(codeOf(await sendV3({ endpoint, timestamp, headers }))).toBe('400 InvalidSecurityToken.Malformed');
  });
});

describe('a V1 call', () => {
  it('is answered by GET and by POST when its signature is right', async () => {
    const get = await sendV1(endpoint, v1Parameters({ endpoint, timestamp }));
    const post = await sendV1(endpoint, v1Parameters({ endpoint, timestamp, method: 'POST' }), 'POST');
    expect([codeOf(get), codeOf(post)]).toEqual(['200 OK', '200 OK']);
  });

  it.each([
    [{ InstanceId: 'other' }, '404 NotExist.Instance'],
    [{ AccessKeyId: 'unknown' }, '404 InvalidAccessKeyId.NotFound'],
    [{ Signature: 'wrong' }, '400 SignatureDoesNotMatch'],
    [{ Timestamp: 'now' }, '400 InvalidTimeStamp.Format'],
    [{ SignatureMethod: 'HMAC-SHA256' }, '400 InvalidParameter'],
    [{ SignatureVersion: '2.0' }, '400 InvalidParameter'],
    [{ SecurityToken: 'token' }, '400 InvalidSecurityToken.Malformed'],
    [{ Signature: undefined }, '400 MissingSignature'],
    [{ AccessKeyId: undefined }, '400 MissingAccessKeyId'],
    [{ SignatureNonce: undefined }, '400 MissingSignatureNonce'],
    [{ SignatureMethod: undefined }, '400 MissingSignatureMethod'],
    [{ SignatureVersion: undefined }, '400 MissingSignatureVersion'],
    [{ Timestamp: undefined }, '400 MissingTimestamp'],
  ])('with %j is answered with %s', async (changes, expected) => {
    const parameters = v1Parameters({ endpoint, timestamp }, changes);
    expect(codeOf(await sendV1(endpoint, parameters))).toBe(expected);
  });

  it('is refused when it was signed for another method or with another secret', async () => {
    const get = v1Parameters({ endpoint, timestamp });
    expect(codeOf(await sendV1(endpoint, get, 'POST'))).toBe('400 SignatureDoesNotMatch');
    const wrong = v1Parameters({ endpoint, timestamp, accessKeySecret: 'wrong' });
    expect(codeOf(await sendV1(endpoint, wrong))).toBe('400 SignatureDoesNotMatch');
  });
});

describe('a temporary key pair', () => {
  beforeEach(async () => {
    await emulator.close();
    emulator = await startEmulator({ securityToken: 'the-token', now: () => now });
    ({ endpoint } = emulator);
  });

  it('accepts only calls that present its security token', async () => {
    const withToken = (token: string) => ({
      endpoint,
      timestamp,
      headers: { 'x-acs-security-token': token },
    });
    expect(codeOf(await sendV3(withToken('the-token')))).toBe('200 OK');
    const refused = '400 InvalidSecurityToken.MismatchWithAccessKey';
    expect(codeOf(await sendV3(withToken('another')))).toBe(refused);
    expect(codeOf(await sendV3({ endpoint, timestamp }))).toBe(refused);
    const v1 = v1Parameters({ endpoint, timestamp }, { SecurityToken: 'the-token' });
    expect(codeOf(await sendV1(endpoint, v1))).toBe('200 OK');
  });
});
