import {
  type Envelope,
  isTrue,
  parseJsonObject,
  parseXml,
  type RawResponse,
  token,
} from './interpret-response.js';
import { type Shape, shapeOf } from './shape.js';

/** What one HTTP answer looks like, without any value of an instance. For diagnosis. */
export interface AnswerDescription {
  readonly status: number;
  /** In lower case, in alphabetical order. */
  readonly headerNames: readonly string[];
  /** The media type without its parameters; empty if the answer names none. */
  readonly mediaType: string;
  readonly format: 'json' | 'xml' | 'html' | 'empty' | 'other';
  /** The answer's `Date` in Unix milliseconds. */
  readonly date?: number;
  /** The answer has the service's own request id. */
  readonly hasRequestId: boolean;
  /** The `Code` of the envelope, if it has the form of a code. */
  readonly code: string | null;
  /** Whether HTTP reports success and the envelope a failure. */
  readonly isInBandFailure: boolean;
  /** Of a JSON object. */
  readonly shape?: Shape;
}

/** Describes any answer. It never throws. */
export function describeAnswer({ status, headers, body }: RawResponse): AnswerDescription {
  const text = new TextDecoder().decode(body);
  const json = parseJsonObject(text);
  const envelope = json ?? parseXml(text) ?? {};
  const mediaType = String(headers['content-type'] ?? '')
    .replace(/;.*/s, '')
    .trim()
    .toLowerCase();
  const date = Date.parse(String(headers['date']));
  const code = token(envelope['Code']);
  return {
    status,
    headerNames: Object.keys(headers).sort(),
    mediaType: /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(mediaType) ? mediaType : '',
    format: formatOf(text, json, envelope),
    ...(Number.isNaN(date) ? {} : { date }),
    hasRequestId: 'x-acs-request-id' in headers || token(envelope['RequestId']) !== null,
    code,
    isInBandFailure: status >= 200 && status < 300 && isFailure(envelope),
    ...(json && { shape: shapeOf(json) }),
  };
}

/** An envelope that reports a failure. Without its members it is no envelope. */
function isFailure(envelope: Envelope): boolean {
  return 'Success' in envelope && (!isTrue(envelope['Success']) || envelope['Code'] !== 'OK');
}

function formatOf(text: string, json: Envelope | undefined, envelope: Envelope): AnswerDescription['format'] {
  if (json) return 'json';
  if (text.trim() === '') return 'empty';
  if (Object.keys(envelope).length > 0) return 'xml';
  return /^\s*<(!doctype html|html|head|body|h1)/i.test(text) ? 'html' : 'other';
}
