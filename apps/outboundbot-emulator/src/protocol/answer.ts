import type { Format } from './api-call.js';
import { describeErrorCode } from './error-codes.js';
import { parseJson, writeJson } from './json.js';
import { writeXml } from './xml.js';

/** A whole HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What an answer echoes of its call. */
export interface AnswerContext {
  readonly requestId: string;
  /** The `Host` header of the request. */
  readonly host: string;
  readonly format: Format;
}

/** What an error answer says. */
export interface ErrorDetails {
  readonly code: string;
  /** HTTP status. Left out: the usual one of the code, 500 for an unknown code. */
  readonly status?: number;
  readonly message?: string;
  /** Answers HTTP 200 with an envelope whose `Success` is false; `status` is then only named inside. */
  readonly inBand?: boolean;
  /** Value of the `x-acs-retry-after` header. */
  readonly retryAfter?: string;
  /** Value of the content type header, whatever the format is. */
  readonly contentType?: string;
  /** More members of the body, such as `AccessDeniedDetail`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The exact texts matter: the vendor's SDK compares the XML one literally and parses everything else as JSON. */
export const contentTypes: Readonly<Record<Format, string>> = {
  json: 'application/json;charset=utf-8',
  xml: 'text/xml;charset=utf-8',
};

const successRoot = 'DescribeInstanceResponse';

/** The answer for an instance that exists. `instanceJson` is its JSON text, which is not parsed again for JSON. */
export function successAnswer(context: AnswerContext, instanceJson: string): Answer {
  if (context.format === 'json') {
    const envelope = `{"HttpStatusCode":200,"Code":"OK","Message":"Success","RequestId":"${context.requestId}"`;
    return answer(context, 200, `${envelope},"Success":true,"Instance":${instanceJson}}`);
  }
  return treeAnswer(context, 200, successRoot, successEnvelope(context, parseJson(instanceJson)));
}

/** The success envelope around a scripted instance, with scripted members. */
export function scriptedSuccessAnswer(
  context: AnswerContext,
  instance: unknown,
  envelope?: Readonly<Record<string, unknown>>,
): Answer {
  return treeAnswer(context, 200, successRoot, { ...successEnvelope(context, instance), ...envelope });
}

/** An error: with an HTTP error status, or in band as a 200 whose `Success` is false. */
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
    return treeAnswer(context, 200, successRoot, envelope, headers);
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

function successEnvelope(context: AnswerContext, instance: unknown): Record<string, unknown> {
  return {
    HttpStatusCode: 200,
    Code: 'OK',
    Message: 'Success',
    RequestId: context.requestId,
    Success: true,
    Instance: instance,
  };
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
