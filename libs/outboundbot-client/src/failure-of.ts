import { BodyTooLargeError, ProxyRefusedError, ProxyTimeoutError, WrongCodingError } from '@app/http-client';

import { CredentialsUnavailableError } from './credential-source.js';
import { invalid } from './interpret-response.js';
import type { Failure, RetryAdvice } from './outcome.js';
import { CallTimedOutError } from './rpc-client.js';

/**
 * Makes an outcome of the error of a call that got no answer.
 *
 * @throws the error itself if neither the upstream, the network nor the credentials caused it: a defect
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof CallTimedOutError)
    return { kind: 'timed-out', code: null, requestId: null, retry: 'backoff' };
  if (error instanceof BodyTooLargeError) return invalid('larger than UPSTREAM_MAX_RESPONSE_BYTES');
  if (error instanceof WrongCodingError) return invalid(error.message);
  if (error instanceof CredentialsUnavailableError) {
    return { kind: 'refused', code: null, requestId: null, retry: 'never', reason: 'no credentials' };
  }
  if (error instanceof ProxyRefusedError)
    return unavailable(error.message, error.status >= 400 && error.status < 500 ? 'never' : 'backoff');
  if (error instanceof ProxyTimeoutError) return unavailable(error.message, 'backoff');
  if (error instanceof Error && error.name === 'HTTPParserError') return invalid('not HTTP');
  const code = codeOf(error);
  if (code === undefined || code === 'UND_ERR_INVALID_ARG') throw error;
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return invalid('headers too large');
  const advice = tlsAdvice(code);
  if (advice !== undefined) return unavailable(`${code}: ${advice}`, 'never');
  return unavailable(REASONS[code] ?? code, 'backoff');
}

function unavailable(reason: string, retry: RetryAdvice): Failure {
  return { kind: 'unavailable', code: null, requestId: null, retry, reason };
}

/** The meaning of undici's error codes, for the log. */
const REASONS: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connecting timed out',
  UND_ERR_SOCKET: 'connection closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'connection closed',
};

/**
 * What to do about each kind of TLS error: Node's own, and OpenSSL's certificate errors (X509_V_ERR_*) by Node's names. A
 * retry would end the same way.
 */
const TLS_ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^(HOSTNAME_MISMATCH|ERR_TLS_CERT_ALTNAME_INVALID)$/, 'the certificate is for another host'],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, 'check the clock, or who has to renew the certificate'],
  [
    /^(CERT_|CRL_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_|ERROR_IN_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)/,
    'the certificate is not trusted; if a CA of your own has signed it, NODE_EXTRA_CA_CERTS names its file',
  ],
  [/^(ERR_TLS_|ERR_SSL_|EPROTO$)/, 'no TLS is spoken there, or no version of it that is accepted'],
];

/** What to do about an error code of TLS; undefined if it is another code. */
export function tlsAdvice(code: string): string | undefined {
  return TLS_ADVICE.find(([pattern]) => pattern.test(code))?.[1];
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof TypeError || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
