import type { IncomingHttpHeaders } from 'node:http';

import { findParameter, type Parameter, parseParameters } from './parameters.js';

/** A format of the service's answers. */
export type Format = 'json' | 'xml';

/** The version of the signature rules that a call follows. */
export type SignatureVersion = 'V3' | 'V1';

/** The parts of an HTTP request that the API reads. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request that was read, but not yet authenticated. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly query: readonly Parameter[];
  /** The query and the form body. */
  readonly parameters: readonly Parameter[];
  readonly signature: SignatureVersion;
  readonly format: Format;
  readonly action: string | undefined;
  readonly version: string | undefined;
  readonly nonce: string | undefined;
}

/** Reads a request by the rules of the signature version that it uses. */
export function readApiCall({ method, url, headers, body }: ApiRequest): ApiCall {
  const question = url.indexOf('?');
  const query = question === -1 ? [] : parseParameters(url.slice(question + 1));
  const parameters = isForm(headers) ? [...query, ...parseParameters(body.toString('utf8'))] : query;
  const signature = usesV3(headers) ? 'V3' : 'V1';

  const action = header(headers, 'x-acs-action');
  const version = header(headers, 'x-acs-version');
  const actionParameter = findParameter(parameters, 'Action');
  const versionParameter = findParameter(parameters, 'Version');

  return {
    method,
    path: question === -1 ? url : url.slice(0, question),
    headers,
    body,
    query,
    parameters,
    signature,
    format: signature === 'V3' ? v3Format(headers) : v1Format(parameters),
    // Signature V1 covers no header, so there the parameter wins.
    action: signature === 'V3' ? (action ?? actionParameter) : (actionParameter ?? action),
    version: signature === 'V3' ? (version ?? versionParameter) : (versionParameter ?? version),
    nonce:
      signature === 'V3'
        ? header(headers, 'x-acs-signature-nonce')
        : findParameter(parameters, 'SignatureNonce'),
  };
}

/** One header as text; undefined when it is missing or empty. */
export function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

// Clients that sign by V1 may send `x-acs-action` and `x-acs-version` as well, so these headers do not show
// which signature version a request uses.
function usesV3(headers: IncomingHttpHeaders): boolean {
  return headers.authorization !== undefined || headers['x-acs-signature-nonce'] !== undefined;
}

function isForm(headers: IncomingHttpHeaders): boolean {
  return (headers['content-type'] ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded');
}

function v3Format(headers: IncomingHttpHeaders): Format {
  return (headers.accept ?? '').toLowerCase().includes('xml') ? 'xml' : 'json';
}

// The service's default for V1 is XML; the vendor's clients all ask for JSON.
function v1Format(parameters: readonly Parameter[]): Format {
  return findParameter(parameters, 'Format')?.toLowerCase() === 'json' ? 'json' : 'xml';
}
