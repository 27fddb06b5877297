import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

import {
  type Answer,
  type AnswerContext,
  contentTypes,
  errorAnswer,
  scriptedSuccessAnswer,
} from '../protocol/answer.js';
import { writeAnswer, writeHead } from '../protocol/write-answer.js';
import type { BodyFault, CallFault, CompressFault, HugeFault, TrickleFault } from './fault.js';

/** A correctly signed call that a fault affects. */
export interface AffectedCall {
  readonly response: ServerResponse;
  readonly context: AnswerContext;
  /** Makes the answer that the call gets without a fault. */
  readonly normalAnswer: () => Answer;
}

/**
 * Applies a fault to a call. Settles when nothing more will be sent. It settles early when the client disconnects or the
 * emulator closes, so that no timer outlives its connection.
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
      await (fault.headers === true ? trickleHead : trickleBody)(response, normalAnswer(), intervalOf(fault));
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

function intervalOf(fault: TrickleFault): number {
  return fault.intervalMs ?? 100;
}

async function trickleBody(response: ServerResponse, answer: Answer, intervalMs: number): Promise<void> {
  writeHead(response, answer);
  response.flushHeaders();
  for (const byte of Buffer.from(answer.body)) {
    if (!(await wait(response, intervalMs))) return;
    response.write(Buffer.of(byte));
  }
  response.end();
}

// Node sends a head in one piece, so this one is written to the socket.
async function trickleHead(response: ServerResponse, answer: Answer, intervalMs: number): Promise<void> {
  const socket = response.socket;
  if (socket === null) return;
  writeHead(response, answer);
  const headers = Object.entries(response.getHeaders()).map(
    ([name, value]) => `${name}: ${String(value)}\r\n`,
  );
  const statusLine = `HTTP/1.1 ${response.statusCode} ${response.statusMessage}\r\n`;
  for (const byte of Buffer.from(`${statusLine}${headers.join('')}connection: close\r\n\r\n`, 'latin1')) {
    if (!(await wait(response, intervalMs))) return;
    socket.write(Buffer.of(byte));
  }
  socket.end(answer.body);
}

/** Long enough for the client to read what was sent before the connection breaks. */
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

async function writeHugeBody(
  response: ServerResponse,
  fault: HugeFault,
  context: AnswerContext,
): Promise<void> {
  response.statusCode = fault.status ?? 200;
  response.setHeader('content-type', contentTypes.json);
  response.setHeader('x-acs-request-id', context.requestId);
  if (fault.contentLength === true) response.setHeader('content-length', fault.bytes);
  try {
    await pipeline(Readable.from(hugeBody(fault.bytes), { objectMode: false }), response);
  } catch {
    // The client disconnected because the body is too large, which is the purpose of this fault.
  }
}

const chunkBytes = 64 * 1024;

/** A JSON object of exactly this size. Below 14 bytes it is cut, and no valid JSON. */
function* hugeBody(bytes: number): Generator<Buffer> {
  const opening = Buffer.from('{"Padding":"').subarray(0, bytes);
  const closing = Buffer.from('"}').subarray(0, Math.max(0, bytes - opening.length));
  const padding = Buffer.alloc(chunkBytes, 'x');
  yield opening;
  for (let left = bytes - opening.length - closing.length; left > 0; left -= chunkBytes) {
    yield padding.subarray(0, left);
  }
  yield closing;
}

/** True after `ms`; false at once when the connection is closed. */
function wait(response: ServerResponse, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (response.socket === null || response.socket.destroyed) {
      resolve(false);
      return;
    }
    const onClose = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      response.off('close', onClose);
      resolve(true);
    }, ms);
    response.once('close', onClose);
  });
}
