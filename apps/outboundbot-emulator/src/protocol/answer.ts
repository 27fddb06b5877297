import type { Format } from './api-call.js';
import { describeErrorCode } from './error-codes.js';
import { JsonText, parseJson, writeJson } from './json.js';
import { writeXml } from './xml.js';

/** A complete HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What an answer takes from its call. */
export interface AnswerContext {
  readonly requestId: string;
  /** The `Host` header of the request. */
  readonly host: string;
  readonly format: Format;
  /** Names the root element of XML; empty when the call names no action. */
  readonly action: string;
}

/** Members that an action adds to the success envelope, in the order of the answer. {@link JsonText} is copied as it is. */
export type AnswerMembers = Readonly<Record<string, unknown>>;

/** What an error answer says. */
export interface ErrorDetails {
  readonly code: string;
  /** HTTP status. Default: the one of the code, or 500 for an unknown code. */
  readonly status?: number;
  readonly message?: string;
  /** Answers HTTP 200 with `Success` false; `status` is then only a member of the body. */
  readonly inBand?: boolean;
  /** Value of the `x-acs-retry-after` header. */
  readonly retryAfter?: string;
  /** Value of the content type header, whatever the format is. */
  readonly contentType?: string;
  /** More members of the body, such as `AccessDeniedDetail`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The vendor's SDK compares the XML type literally and parses every other type as JSON, so keep the exact texts. */
export const contentTypes: Readonly<Record<Format, string>> = {
  json: 'application/json;charset=utf-8',
  xml: 'text/xml;charset=utf-8',
};

/** The answer of a successful call. */
export function successAnswer(context: AnswerContext, members: AnswerMembers): Answer {
  if (context.format === 'xml') {
    return treeAnswer(context, 200, responseRoot(context), successTree(context, members));
  }
  // The envelope is written as text, because writing it as a tree takes ten times as long.
  let body = `{"HttpStatusCode":200,"Code":"OK","Message":"Success","RequestId":"${context.requestId}","Success":true`;
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue;
    body += `,${JSON.stringify(name)}:${value instanceof JsonText ? value.text : writeJson(value)}`;
  }
  return answer(context, 200, `${body}}`);
}

/** The envelope of a success with its members, as a tree. */
export function successTree(context: AnswerContext, members: AnswerMembers): Record<string, unknown> {
  return { ...successEnvelope(context), ...parsed(members) };
}

/** A success answer with scripted members, which may replace those of the envelope. */
export function scriptedSuccessAnswer(context: AnswerContext, members: AnswerMembers): Answer {
  return treeAnswer(context, 200, responseRoot(context), { ...successEnvelope(context), ...members });
}

/** An error: with an HTTP error status, or in band as a 200 with `Success` false. */
export function errorAnswer(context: AnswerContext, error: ErrorDetails): Answer {
  const defaults = describeErrorCode(error.code);
  const status = error.status ?? defaults.status;
  const message = error.message ?? defaults.message;
  const headers: Record<string, string> = {};
  if (error.retryAfter !== undefined) headers['x-acs-retry-after'] = error.retryAfter;
  if (error.contentType !== undefined) headers['content-type'] = error.contentType;

  if (error.inBand === true) {
    const envelope = {
      HttpStatusCode: status,
      Code: error.code,
      Message: message,
      RequestId: context.requestId,
      Success: false,
      ...error.extra,
    };
    return treeAnswer(context, 200, responseRoot(context), envelope, headers);
  }
  const body = {
    RequestId: context.requestId,
    HostId: context.host,
    Code: error.code,
    Message: message,
    // The XML format has no such element.
    ...(context.format === 'json' ? { Recommend: recommend(error.code) } : {}),
    ...error.extra,
  };
  return treeAnswer(context, status, 'Error', body, headers);
}

function responseRoot({ action }: AnswerContext): string {
  return `${action}Response`;
}

function successEnvelope({ requestId }: AnswerContext): Record<string, unknown> {
  return { HttpStatusCode: 200, Code: 'OK', Message: 'Success', RequestId: requestId, Success: true };
}

function parsed(members: AnswerMembers): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name,
      value instanceof JsonText ? parseJson(value.text) : value,
    ]),
  );
}

function recommend(code: string): string {
  const query = new URLSearchParams({ q: code, product: 'OutboundBot' });
  return `https://api.alibabacloud.com/troubleshoot?${query.toString()}`;
}

function treeAnswer(
  context: AnswerContext,
  status: number,
  root: string,
  tree: Record<string, unknown>,
  headers?: Record<string, string>,
): Answer {
  return answer(context, status, context.format === 'json' ? writeJson(tree) : writeXml(root, tree), headers);
}

function answer(
  context: AnswerContext,
  status: number,
  body: string,
  headers?: Record<string, string>,
): Answer {
  return {
    status,
    headers: {
      'content-type': contentTypes[context.format],
      'x-acs-request-id': context.requestId,
      ...headers,
    },
    body,
  };
}
