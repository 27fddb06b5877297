import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { type AnswerContext, contentTypes } from '../protocol/answer.js';
import type { HugeFault } from './fault.js';

/** Streams a body of any size. The promise settles when the body was sent or the client disconnects. */
export async function writeHugeBody(
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

/** A JSON object of exactly this size. With less than 14 bytes the text is cut off and is not valid JSON. */
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
