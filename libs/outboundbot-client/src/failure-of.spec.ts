import { BodyTooLargeError, ProxyRefusedError, ProxyTimeoutError, WrongCodingError } from '@app/http-client';
import { describe, expect, it } from 'vitest';

import { CredentialsUnavailableError } from './credential-source.js';
import { failureOf } from './failure-of.js';
import { CallTimedOutError } from './rpc-client.js';

const withCode = (code: string, message = 'to 10.0.0.1:443'): Error =>
  Object.assign(new Error(message), { code });

describe('failureOf', () => {
  it.each([
    [new CallTimedOutError(), 'timed-out', 'backoff', undefined],
    [new BodyTooLargeError(), 'invalid-response', 'never', 'larger than UPSTREAM_MAX_RESPONSE_BYTES'],
    [new WrongCodingError('an unknown coding'), 'invalid-response', 'never', 'an unknown coding'],
    [new CredentialsUnavailableError(), 'refused', 'never', 'no credentials'],
    [new ProxyRefusedError(407), 'unavailable', 'never', 'the proxy answered 407'],
    [new ProxyRefusedError(400), 'unavailable', 'never', 'the proxy answered 400'],
    [new ProxyRefusedError(302), 'unavailable', 'backoff', 'the proxy answered 302'],
    [new ProxyRefusedError(500), 'unavailable', 'backoff', 'the proxy answered 500'],
    [new ProxyRefusedError(502), 'unavailable', 'backoff', 'the proxy answered 502'],
    [new ProxyTimeoutError(), 'unavailable', 'backoff', 'the proxy did not answer in time'],
    [Object.assign(new Error('x'), { name: 'HTTPParserError' }), 'invalid-response', 'never', 'not HTTP'],
    [withCode('UND_ERR_HEADERS_OVERFLOW'), 'invalid-response', 'never', 'headers too large'],
    [withCode('UND_ERR_CONNECT_TIMEOUT'), 'unavailable', 'backoff', 'connecting timed out'],
    [withCode('UND_ERR_SOCKET'), 'unavailable', 'backoff', 'connection closed'],
    [withCode('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'), 'unavailable', 'backoff', 'connection closed'],
    [withCode('ECONNREFUSED'), 'unavailable', 'backoff', 'ECONNREFUSED'],
    [withCode('ENOTFOUND'), 'unavailable', 'backoff', 'ENOTFOUND'],
  ])('says what %s is, and whether to try again', (error, kind, retry, reason) => {
    expect(failureOf(error)).toMatchObject({ kind, retry, code: null, requestId: null });
    expect(failureOf(error).reason).toBe(reason);
  });

  it.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', 'NODE_EXTRA_CA_CERTS'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'NODE_EXTRA_CA_CERTS'],
    ['CERT_UNTRUSTED', 'NODE_EXTRA_CA_CERTS'],
    ['CRL_HAS_EXPIRED', 'NODE_EXTRA_CA_CERTS'],
    ['ERROR_IN_CERT_NOT_BEFORE_FIELD', 'NODE_EXTRA_CA_CERTS'],
    ['INVALID_PURPOSE', 'NODE_EXTRA_CA_CERTS'],
    ['PATH_LENGTH_EXCEEDED', 'NODE_EXTRA_CA_CERTS'],
    ['CERT_HAS_EXPIRED_X', 'NODE_EXTRA_CA_CERTS'],
    ['INVALID_CA', 'NODE_EXTRA_CA_CERTS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'another host'],
    ['HOSTNAME_MISMATCH', 'another host'],
    ['CERT_HAS_EXPIRED', 'clock'],
    ['CERT_NOT_YET_VALID', 'clock'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'no TLS'],
    ['EPROTO', 'no TLS'],
  ])('does not try %s again, and says what to do', (code, advice) => {
    const failure = failureOf(withCode(code));
    expect(failure).toMatchObject({ kind: 'unavailable', retry: 'never' });
    expect(failure.reason).toMatch(new RegExp(`^${code}: .*${advice}`));
    expect(failure.reason).not.toContain('10.0.0.1');
  });

  it.each([
    ...['XHOSTNAME_MISMATCH', 'HOSTNAME_MISMATCHED', 'XCERT_HAS_EXPIRED', 'XCERT_UNTRUSTED'],
    ...['DEPTH_ZERO_SELF_SIGNED_CERTS', 'SELF_SIGNED_CERT_IN_CHAINS', 'INVALID_CALL', 'INVALID_PURPOSES'],
    ...['PATH_LENGTH_EXCEEDED_X', 'XEPROTO', 'EPROTONOSUPPORT'],
  ])('tries %s again, which is no TLS error', (code) => {
    expect(failureOf(withCode(code))).toMatchObject({ retry: 'backoff', reason: code });
  });

  it.each([
    Object.assign(new TypeError('defect'), { code: 'ERR_INVALID_ARG_TYPE' }),
    Object.assign(new Error('defect'), { code: 42 }),
    new TypeError('defect'),
    new Error('defect'),
    withCode('UND_ERR_INVALID_ARG', 'defect'),
    'defect',
  ])('throws on what is a defect of ours: %s', (error) => {
    expect(() => failureOf(error)).toThrow('defect');
  });

  it('throws what is no error, even if it has a code', () => {
    const thrown = { code: 'ECONNREFUSED' };
    let caught: unknown;
    try {
      failureOf(thrown);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(thrown);
  });
});
