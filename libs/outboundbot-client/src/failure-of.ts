import { BodyTooLargeError, WrongCodingError } from '@app/http-client';

import { CredentialsUnavailableError } from './credential-source.js';
import { invalid } from './interpret-response.js';
import type { Failure, RetryAdvice } from './outcome.js';
import { CallTimedOutError } from './rpc-client.js';

/**
 * What came instead of an answer, as an outcome.
 *
 * @throws the error itself if it is not the upstream's, the network's or the credentials' doing: a defect
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof CallTimedOutError)
    return { kind: 'timed-out', code: null, requestId: null, retry: 'backoff' };
  if (error instanceof BodyTooLargeError) return invalid('too large');
  if (error instanceof WrongCodingError) return invalid(error.message);
  if (error instanceof CredentialsUnavailableError) {
    return { kind: 'refused', code: null, requestId: null, retry: 'never', reason: 'no credentials' };
  }
  if (error instanceof Error && error.name === 'HTTPParserError') return invalid('not HTTP');
  const code = codeOf(error);
  if (code === undefined || code === 'UND_ERR_INVALID_ARG') throw error;
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return invalid('headers too large');
  if (isTlsFailure(code)) return unavailable(`${code}: ${TLS_ADVICE}`, 'never');
  const status = proxyStatus(error);
  if (status !== undefined)
    return unavailable(`the proxy answered ${status}`, status.startsWith('4') ? 'never' : 'backoff');
  return unavailable(REASONS[code] ?? code, 'backoff');
}

function unavailable(reason: string, retry: RetryAdvice): Failure {
  return { kind: 'unavailable', code: null, requestId: null, retry, reason };
}

/** What undici's own codes mean, in the words of the log. */
const REASONS: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connecting timed out',
  UND_ERR_HEADERS_TIMEOUT: 'the proxy did not answer in time',
  UND_ERR_SOCKET: 'connection closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'connection closed',
};

const TLS_ADVICE =
  'the certificate or the TLS version is not accepted; if a CA of your own has signed it, NODE_EXTRA_CA_CERTS names its file';

/** The certificate errors of OpenSSL (X509_V_ERR_*), by the names that Node gives them. */
const CERTIFICATE =
  /^(CERT_|CRL_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_|ERROR_IN_|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)/;

/** A certificate that is not trusted, or no TLS at all, is the same the next time. */
function isTlsFailure(code: string): boolean {
  return CERTIFICATE.test(code) || /^(ERR_TLS_|ERR_SSL_|EPROTO$)/.test(code);
}

/** What a proxy has answered to CONNECT, if it was not 200; undici says so in the message alone. */
function proxyStatus(error: unknown): string | undefined {
  return /^Proxy response \((\d{3})\)/.exec((error as Error).message)?.[1];
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof TypeError || !('code' in error)) return undefined;
  // What was wrong with TLS through a proxy is one error further in.
  if (error.code === 'UND_ERR_PRX_TLS') return codeOf(error.cause);
  return typeof error.code === 'string' ? error.code : undefined;
}
