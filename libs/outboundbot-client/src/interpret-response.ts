import { XMLParser } from 'fast-xml-parser';
import { isLosslessNumber, parse as parseLosslessly } from 'lossless-json';

import { classify } from './classification.js';
import { WrongShapeError } from './decode.js';
import type { Failure, FailureKind, Outcome } from './outcome.js';
import { acsRetryAfterMs, httpRetryAfterMs } from './retry-after.js';

/** An HTTP answer of the upstream, read whole. */
export interface RawResponse {
  readonly status: number;
  /** Names in lower case. A header that was sent several times is a list. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** The outermost object of an answer. */
export type Envelope = Readonly<Record<string, unknown>>;

const utf8 = new TextDecoder('utf-8', { fatal: true });

const xml = new XMLParser({ parseTagValue: false, processEntities: false, ignoreAttributes: true });

/**
 * Turns any HTTP answer into an outcome. It never throws for what the upstream sent. Of the body it keeps the decoded value,
 * the error code and the request id.
 *
 * A 2xx answer is a success only when the envelope says so too: `Success` true and `Code` `OK`. Everything else is
 * a failure with the same meaning as its HTTP twin.
 *
 * @param decode reads the value from the envelope; throws a {@link WrongShapeError} if it cannot
 */
export function interpretResponse<T>(response: RawResponse, decode: (envelope: Envelope) => T): Outcome<T> {
  const text = decodeUtf8(response.body);
  const json = text === undefined ? undefined : parseJsonObject(text);
  const envelope = json ?? (text === undefined ? undefined : parseXmlError(text)) ?? {};
  const requestId = token(
    envelope['RequestId'] ?? envelope['requestId'] ?? response.headers['x-acs-request-id'],
  );
  const code = string(envelope['Code'] ?? envelope['code']);
  const is2xx = response.status >= 200 && response.status < 300;

  if (is2xx && json === undefined && code === null) return invalid('not JSON', requestId);
  if (response.status < 200 || (response.status >= 300 && response.status < 400)) {
    return invalid('a redirect', requestId);
  }
  if (!is2xx || !isTrue(envelope['Success']) || code !== 'OK') {
    const status = is2xx ? (integer(envelope['HttpStatusCode']) ?? response.status) : response.status;
    const classification = classify(code, status, 'x-acs-retry-after' in response.headers);
    const retryAfterMs = waitOf(response.headers, status, classification.kind);
    return {
      ...classification,
      code: code === 'OK' ? null : token(code),
      requestId,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  try {
    return { kind: 'success', value: decode(envelope), requestId, retry: 'never' };
  } catch (error) {
    if (error instanceof WrongShapeError) return { ...invalid(error.message, requestId), answered: true };
    throw error;
  }
}

/** How long the upstream asks to wait: by its own header, or else by HTTP's, on errors for which that is defined. */
function waitOf(headers: RawResponse['headers'], status: number, kind: FailureKind): number | undefined {
  const acs = acsRetryAfterMs(headers);
  if (acs !== undefined) return acs;
  const mayTell = status === 429 || status === 503 || kind === 'throttled' || kind === 'unavailable';
  return mayTell ? httpRetryAfterMs(headers, Date.now()) : undefined;
}

/** @param reason in the gateway's own words, for the log */
export function invalid(reason: string, requestId: string | null = null): Failure {
  return { kind: 'invalid-response', code: null, requestId, retry: 'never', reason };
}

function decodeUtf8(body: Uint8Array): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}

/**
 * A number that `JSON.parse` may change: one of 16 digits or more, or with a fraction or an exponent. Without such a number
 * `JSON.parse` is exact, and takes a quarter of the time. A match inside a string only costs time.
 */
const INEXACT = /\d{16}|[[:,]\s*-?\d+[.eE]/;

export function parseJsonObject(text: string): Envelope | undefined {
  try {
    const value: unknown = INEXACT.test(text)
      ? parseLosslessly(text, undefined, { onDuplicateKey: ({ newValue }) => newValue })
      : JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value)
      ? (value as Envelope)
      : undefined;
  } catch {
    // A SyntaxError, or a RangeError for thousands of nested brackets.
    return undefined;
  }
}

/** An error is short, and parsing XML is slow. */
const MAX_XML_LENGTH = 65_536;

/**
 * The upstream may answer errors in XML whatever we accept: `<Error><Code>...</Code>...</Error>`, or an envelope such as
 * `<DescribeInstanceResponse>` whose `Success` is not true. A success in XML counts as not JSON.
 */
function parseXmlError(text: string): Envelope | undefined {
  const found = rootOf(text);
  return found && (found.name === 'Error' || !isTrue(found.members['Success'])) ? found.members : undefined;
}

/** The members of an answer of the service in XML, whether it is a success or an error. */
export function parseXml(text: string): Envelope | undefined {
  return rootOf(text)?.members;
}

function rootOf(text: string): { readonly name: string; readonly members: Envelope } | undefined {
  if (text.length > MAX_XML_LENGTH || !text.trimStart().startsWith('<')) return undefined;
  try {
    const roots = Object.entries(xml.parse(text) as Envelope).filter(([name]) => !name.startsWith('?'));
    for (const [name, root] of roots) {
      if (typeof root !== 'object' || root === null) continue;
      if (name === 'Error' || name.endsWith('Response')) return { name, members: root as Envelope };
    }
  } catch {
    // It is not XML.
  }
  return undefined;
}

/** Some of the service's gateways write Booleans as text. */
export function isTrue(value: unknown): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true');
}

function string(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Codes and request ids are shown and logged, so any other text is dropped. */
export function token(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(value) ? value : null;
}

function integer(value: unknown): number | undefined {
  const number = isLosslessNumber(value) || typeof value === 'string' ? Number(value) : value;
  return Number.isInteger(number) ? (number as number) : undefined;
}
