import { timingSafeEqual } from 'node:crypto';

import { type ApiCall, header } from '../protocol/api-call.js';
import { ApiError } from '../protocol/error-codes.js';
import { findParameter, requireParameter } from '../protocol/parameters.js';
import type { KeyPair } from './key-pair.js';
import type { NonceMemory } from './nonce-memory.js';
import { signV1 } from './signature-v1.js';
import { findUnsignedHeaders, parseV3Authorization, sha256Hex, signV3, v3Algorithm } from './signature-v3.js';

/** The credentials that a call presents. */
interface PresentedCredentials {
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  readonly timestamp: string;
  readonly nonce: string;
  /** Throws when the signature was not made with this secret. */
  readonly verify: (accessKeySecret: string) => void;
}

const allowedSkewMs = 15 * 60 * 1000;
const timestampFormat = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/**
 * Checks that a call is signed with the key pair, is recent, and is not a replay.
 *
 * The order of the checks is the service's: required parts, access key, timestamp, signature, nonce. Only a call that
 * passes all other checks uses up its nonce.
 *
 * @param now epoch milliseconds.
 * @throws ApiError with the code that the service gives.
 */
export function authenticate(call: ApiCall, keyPair: KeyPair, nonces: NonceMemory, now: number): void {
  const presented = call.signature === 'V3' ? readV3Credentials(call) : readV1Credentials(call);
  if (presented.accessKeyId !== keyPair.accessKeyId) throw new ApiError('InvalidAccessKeyId.NotFound');
  checkSecurityToken(presented.securityToken, keyPair.securityToken);
  checkTimestamp(presented.timestamp, now);
  presented.verify(keyPair.accessKeySecret);
  if (!nonces.use(presented.nonce, now)) throw new ApiError('SignatureNonceUsed');
}

function readV3Credentials(call: ApiCall): PresentedCredentials {
  const { headers } = call;
  const authorization = parseV3Authorization(requireHeader(call, 'authorization'));
  if (authorization === undefined) {
    throw new ApiError(
      'IncompleteSignature',
      `The Authorization header must read: ${v3Algorithm} Credential=..., SignedHeaders=..., Signature=...`,
    );
  }
  const timestamp = requireHeader(call, 'x-acs-date');
  const nonce = requireHeader(call, 'x-acs-signature-nonce');
  const payloadHash = requireHeader(call, 'x-acs-content-sha256');
  const unsigned = findUnsignedHeaders(headers, authorization.signedHeaders);
  if (unsigned.length > 0) {
    throw new ApiError(
      'IncompleteSignature',
      `These headers must be sent and signed: ${unsigned.join(', ')}.`,
    );
  }
  return {
    accessKeyId: authorization.accessKeyId,
    securityToken: header(headers, 'x-acs-security-token'),
    timestamp,
    nonce,
    verify: (accessKeySecret) => {
      if (payloadHash !== hashPayload(call.body)) {
        throw new ApiError('SignatureDoesNotMatch', 'x-acs-content-sha256 is not the SHA-256 of the body.');
      }
      const expected = signV3({ ...call, payloadHash }, authorization.signedHeaders, accessKeySecret);
      checkSignature(authorization.signature, expected);
    },
  };
}

function readV1Credentials(call: ApiCall): PresentedCredentials {
  const accessKeyId = requireParameter(call.parameters, 'AccessKeyId');
  const signature = requireParameter(call.parameters, 'Signature');
  const timestamp = requireParameter(call.parameters, 'Timestamp');
  const nonce = requireParameter(call.parameters, 'SignatureNonce');
  const method = requireParameter(call.parameters, 'SignatureMethod');
  const version = requireParameter(call.parameters, 'SignatureVersion');
  if (method.toUpperCase() !== 'HMAC-SHA1') {
    throw new ApiError(
      'InvalidParameter',
      'The specified parameter SignatureMethod is not valid: use HMAC-SHA1.',
    );
  }
  if (version !== '1.0') {
    throw new ApiError('InvalidParameter', 'The specified parameter SignatureVersion is not valid: use 1.0.');
  }
  return {
    accessKeyId,
    securityToken: findParameter(call.parameters, 'SecurityToken'),
    timestamp,
    nonce,
    verify: (accessKeySecret) => {
      checkSignature(signature, signV1(call.method, call.parameters, accessKeySecret));
    },
  };
}

function requireHeader(call: ApiCall, name: string): string {
  const value = header(call.headers, name);
  if (value === undefined) throw new ApiError('IncompleteSignature', `The header ${name} is missing.`);
  return value;
}

function checkSecurityToken(presented: string | undefined, expected: string | undefined): void {
  if (presented === expected) return;
  throw new ApiError(
    expected === undefined ? 'InvalidSecurityToken.Malformed' : 'InvalidSecurityToken.MismatchWithAccessKey',
  );
}

function checkTimestamp(timestamp: string, now: number): void {
  const at = timestampFormat.test(timestamp) ? Date.parse(timestamp) : NaN;
  if (Number.isNaN(at)) throw new ApiError('InvalidTimeStamp.Format');
  if (Math.abs(now - at) > allowedSkewMs) throw new ApiError('InvalidTimeStamp.Expired');
}

function checkSignature(presented: string, expected: string): void {
  const a = Buffer.from(presented);
  const b = Buffer.from(expected);
  // timingSafeEqual throws for different lengths; the length of a signature is no secret.
  if (a.length !== b.length || !timingSafeEqual(a, b)) throw new ApiError('SignatureDoesNotMatch');
}

const hashOfNothing = sha256Hex('');

// The vendor's SDK sends its parameters in the query, so nearly every body is empty.
function hashPayload(body: Buffer): string {
  return body.length === 0 ? hashOfNothing : sha256Hex(body);
}
