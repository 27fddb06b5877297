import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { canonicalParameters, type Parameter, percentEncode } from '../protocol/parameters.js';

/** The only V3 algorithm that is imitated. The service also accepts SM3 and RSA variants. */
export const v3Algorithm = 'ACS3-HMAC-SHA256';

/** The parts of an `Authorization` header of signature V3. */
export interface V3Authorization {
  readonly accessKeyId: string;
  /** Lower-case header names, sorted. */
  readonly signedHeaders: readonly string[];
  /** Lower-case hexadecimal digits. */
  readonly signature: string;
}

/** The parts of a request that a V3 signature covers. */
export interface V3Request {
  readonly method: string;
  readonly path: string;
  readonly query: readonly Parameter[];
  readonly headers: IncomingHttpHeaders;
  /** Hexadecimal SHA-256 of the body, as the `x-acs-content-sha256` header carries it. */
  readonly payloadHash: string;
}

const authorizationFormat =
  /^ACS3-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)$/;

/** Parses an `Authorization` header; undefined when the header is not for `ACS3-HMAC-SHA256`. */
export function parseV3Authorization(header: string): V3Authorization | undefined {
  const [, accessKeyId, signedHeaders, signature] = authorizationFormat.exec(header) ?? [];
  if (accessKeyId === undefined || signedHeaders === undefined || signature === undefined) return undefined;
  return { accessKeyId, signedHeaders: signedHeaders.toLowerCase().split(';').sort(), signature };
}

/** Signs a request, in hexadecimal. */
export function signV3(
  request: V3Request,
  signedHeaders: readonly string[],
  accessKeySecret: string,
): string {
  const canonicalRequest = canonicalV3Request(request, signedHeaders);
  return createHmac('sha256', accessKeySecret)
    .update(`${v3Algorithm}\n${sha256Hex(canonicalRequest)}`)
    .digest('hex');
}

/**
 * Names of the headers that a signature must cover but does not: the host, the content type, and every `x-acs-*`.
 * A header that is signed but not sent is listed too, since its value is unknown.
 */
export function findUnsignedHeaders(
  headers: IncomingHttpHeaders,
  signedHeaders: readonly string[],
): string[] {
  const mustBeSigned = Object.keys(headers).filter(
    (name) => name === 'host' || name === 'content-type' || name.startsWith('x-acs-'),
  );
  return [
    ...mustBeSigned.filter((name) => !signedHeaders.includes(name)),
    ...signedHeaders.filter((name) => !Object.hasOwn(headers, name)),
  ];
}

export function sha256Hex(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function canonicalV3Request(request: V3Request, signedHeaders: readonly string[]): string {
  const headerLines = signedHeaders.map((name) => `${name}:${headerValue(request.headers, name)}\n`).join('');
  return [
    request.method,
    canonicalPath(request.path),
    canonicalParameters(request.query),
    headerLines,
    signedHeaders.join(';'),
    request.payloadHash,
  ].join('\n');
}

function headerValue(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name] ?? '';
  return (Array.isArray(value) ? value.join(',') : value).trim();
}

// Some clients sign the escaped path but send characters unescaped.
function canonicalPath(path: string): string {
  if (path === '/') return path;
  return path.split('/').map(reencode).join('/');
}

function reencode(segment: string): string {
  try {
    return percentEncode(decodeURIComponent(segment));
  } catch {
    return segment;
  }
}
