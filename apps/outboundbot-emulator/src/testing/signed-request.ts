import { randomUUID } from 'node:crypto';
import { type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http';

import { defaultKeyPair } from '../authentication/key-pair.js';
import { signV1 } from '../authentication/signature-v1.js';
import { sha256Hex, signV3 } from '../authentication/signature-v3.js';
import { type Parameter, percentEncode } from '../protocol/parameters.js';

/** The parts of a signed call that a test may change. */
export interface SignedCall {
  readonly endpoint: string;
  readonly query?: readonly Parameter[];
  readonly method?: string;
  readonly body?: string;
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  readonly nonce?: string;
  readonly timestamp?: string;
  /** Signed when V3 signs headers of that name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Replaces headers after signing; undefined removes a header. */
  readonly override?: Readonly<Record<string, string | undefined>>;
}

/** A complete answer. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** The id of the instance that tests request. */
export const sampleId = '90515b5-6115-4ccf-83e2-52d5bfaf2ddf';

/** A time as both signature versions write it. */
export function timestampOf(epochMs = Date.now()): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** Node's request options for a call that is signed by V3. */
export function v3Options(call: SignedCall): RequestOptions & { body: string } {
  const method = call.method ?? 'POST';
  const query = call.query ?? [['InstanceId', sampleId]];
  const body = call.body ?? '';
  const payloadHash = sha256Hex(body);
  const headers: Record<string, string> = {
    host: call.endpoint,
    accept: 'application/json',
    'x-acs-action': 'DescribeInstance',
    'x-acs-version': '2019-12-26',
    'x-acs-date': call.timestamp ?? timestampOf(),
    'x-acs-signature-nonce': call.nonce ?? randomUUID(),
    'x-acs-content-sha256': payloadHash,
    ...call.headers,
  };
  const signedHeaders = Object.keys(headers)
    .filter((name) => name === 'host' || name === 'content-type' || name.startsWith('x-acs-'))
    .sort();
  const signature = signV3(
    { method, path: '/', query, headers, payloadHash },
    signedHeaders,
    call.accessKeySecret ?? defaultKeyPair.accessKeySecret,
  );
  const accessKeyId = call.accessKeyId ?? defaultKeyPair.accessKeyId;
  const authorization = `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=${signedHeaders.join(';')},Signature=${signature}`;
  const sent = { ...headers, authorization, 'content-length': String(Buffer.byteLength(body)) };
  return options(call.endpoint, method, `/?${encodePairs(query)}`, { ...sent, ...call.override }, body);
}

/** The parameters of a call that is signed by V1. The `changes` are made before signing; a `Signature` there is kept. */
export function v1Parameters(
  call: Omit<SignedCall, 'query'>,
  changes: Readonly<Record<string, string | undefined>> = {},
): Parameter[] {
  const parameters: Record<string, string | undefined> = {
    Action: 'DescribeInstance',
    Version: '2019-12-26',
    Format: 'JSON',
    InstanceId: sampleId,
    AccessKeyId: call.accessKeyId ?? defaultKeyPair.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: call.nonce ?? randomUUID(),
    Timestamp: call.timestamp ?? timestampOf(),
    ...changes,
  };
  const pairs = Object.entries(parameters).flatMap(([name, value]): Parameter[] =>
    value === undefined ? [] : [[name, value]],
  );
  if ('Signature' in changes) return pairs;
  const secret = call.accessKeySecret ?? defaultKeyPair.accessKeySecret;
  return [...pairs, ['Signature', signV1(call.method ?? 'GET', pairs, secret)]];
}

/** Sends a call that is signed by V3. */
export function sendV3(call: SignedCall): Promise<RawAnswer> {
  const { body, ...rest } = v3Options(call);
  return send(rest, body);
}

/** Sends parameters in the query, or in a form body when the method is POST. */
export function sendV1(
  endpoint: string,
  parameters: readonly Parameter[],
  method: 'GET' | 'POST' = 'GET',
): Promise<RawAnswer> {
  const encoded = encodePairs(parameters);
  if (method === 'GET') return send(options(endpoint, 'GET', `/?${encoded}`, {}, ''));
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return send(options(endpoint, 'POST', '/', headers, encoded), encoded);
}

/** Sends any request on its own connection and reads the complete answer. Rejects when the connection breaks. */
export function send(requestOptions: RequestOptions, body = ''): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ agent: false, ...requestOptions }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        resolve({ status, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function options(
  endpoint: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
): RequestOptions & { body: string } {
  const [host, port] = endpoint.split(':');
  const present = Object.entries(headers).filter(([, value]) => value !== undefined);
  return { host, port, method, path, headers: Object.fromEntries(present), body };
}

function encodePairs(pairs: readonly Parameter[]): string {
  return pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
}
