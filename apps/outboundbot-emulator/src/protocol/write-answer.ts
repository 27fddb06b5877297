import { type ServerResponse, STATUS_CODES } from 'node:http';

import type { Answer } from './answer.js';

/** Sends a whole answer. */
export function writeAnswer(
  response: ServerResponse,
  answer: Omit<Answer, 'body'> & { readonly body: string | Uint8Array },
): void {
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  // Node announces the length itself, and leaves it out where a status has no body.
  response.end(answer.body);
}

/** Prepares status and headers with the length of the whole body, for a body that is sent piece by piece. */
export function writeHead(response: ServerResponse, answer: Answer): void {
  response.statusCode = answer.status;
  response.statusMessage = STATUS_CODES[answer.status] ?? '';
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.setHeader('content-length', Buffer.byteLength(answer.body));
}
