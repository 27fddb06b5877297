import { type ServerResponse, STATUS_CODES } from 'node:http';

import type { Answer } from './answer.js';

/** Sends a complete answer. */
export function writeAnswer(
  response: ServerResponse,
  answer: Omit<Answer, 'body'> & { readonly body: string | Uint8Array },
): void {
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  // Node adds the content length, and omits it for a status without a body.
  response.end(answer.body);
}

/** Sets status and headers with the length of the complete body, for a body that is sent in pieces. */
export function writeHead(response: ServerResponse, answer: Answer): void {
  response.statusCode = answer.status;
  response.statusMessage = STATUS_CODES[answer.status] ?? '';
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.setHeader('content-length', Buffer.byteLength(answer.body));
}
