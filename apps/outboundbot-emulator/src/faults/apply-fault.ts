import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

import type { PagingChange } from '../actions/action.js';
import {
  type Answer,
  type AnswerContext,
  contentTypes,
  errorAnswer,
  scriptedSuccessAnswer,
} from '../protocol/answer.js';
import { writeAnswer, writeHead } from '../protocol/write-answer.js';
import type { BodyFault, CallFault, CompressFault } from './fault.js';
import { writeHugeBody } from './huge-body.js';
import { trickleBody, trickleHead } from './trickle.js';
import { wait } from './wait.js';

/** A correctly signed call that a fault affects. */
export interface AffectedCall {
  readonly response: ServerResponse;
  readonly context: AnswerContext;
  /** Makes the answer that the call gets without a fault, or a list with changed pages. */
  readonly normalAnswer: (paging?: PagingChange) => Answer;
}

/**
 * Applies a fault to a call. The promise settles when nothing more will be sent. It settles early when the client
 * disconnects or the emulator closes, so that no timer runs longer than the connection is open.
 */
export async function applyFault(
  fault: CallFault,
  { response, context, normalAnswer }: AffectedCall,
): Promise<void> {
  const delayMs = (fault.delayMs ?? 0) + (fault.kind === 'latency' ? fault.ms : 0);
  if (delayMs > 0 && !(await wait(response, delayMs))) return;

  switch (fault.kind) {
    case 'error':
      writeAnswer(response, errorAnswer({ ...context, format: fault.format ?? context.format }, fault));
      return;
    case 'instance':
      writeAnswer(response, scriptedSuccessAnswer(context, { Instance: fault.instance, ...fault.envelope }));
      return;
    case 'latency':
      writeAnswer(response, normalAnswer());
      return;
    case 'paging':
      writeAnswer(response, normalAnswer(fault));
      return;
    case 'compress':
      writeCompressed(response, normalAnswer(), fault.coding ?? 'gzip');
      return;
    case 'keep-alive':
      response.setHeader('connection', 'keep-alive');
      response.setHeader('keep-alive', `timeout=${fault.timeoutS}`);
      writeAnswer(response, normalAnswer());
      return;
    case 'hang':
      return;
    case 'trickle':
      await (fault.headers === true ? trickleHead : trickleBody)(
        response,
        normalAnswer(),
        fault.intervalMs ?? 100,
      );
      return;
    case 'reset':
      if (fault.when === 'mid-body') await sendHalf(response, normalAnswer());
      response.socket?.resetAndDestroy();
      return;
    case 'truncate':
      await sendHalf(response, normalAnswer());
      response.socket?.end();
      return;
    case 'body':
      writeAnyBody(response, fault, context);
      return;
    case 'huge':
      await writeHugeBody(response, fault, context);
      return;
  }
}

/** Time for the client to read the first half before the connection breaks. */
const flushMs = 20;

async function sendHalf(response: ServerResponse, answer: Answer): Promise<void> {
  const body = Buffer.from(answer.body);
  writeHead(response, answer);
  response.write(body.subarray(0, Math.floor(body.length / 2)));
  await wait(response, flushMs);
}

function writeAnyBody(response: ServerResponse, fault: BodyFault, context: AnswerContext): void {
  const contentType = fault.contentType ?? contentTypes.json;
  writeAnswer(response, {
    status: fault.status ?? 200,
    headers: {
      ...(contentType === '' ? {} : { 'content-type': contentType }),
      'x-acs-request-id': context.requestId,
      ...fault.headers,
    },
    body: fault.body ?? '',
  });
}

const compressors = {
  gzip: gzipSync,
  deflate: deflateSync,
  'deflate-raw': deflateRawSync,
  br: brotliCompressSync,
};

function writeCompressed(
  response: ServerResponse,
  answer: Answer,
  coding: NonNullable<CompressFault['coding']>,
): void {
  response.setHeader('content-encoding', coding === 'deflate-raw' ? 'deflate' : coding);
  writeAnswer(response, { ...answer, body: compressors[coding](answer.body) });
}
