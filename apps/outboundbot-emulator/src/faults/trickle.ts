import type { ServerResponse } from 'node:http';

import type { Answer } from '../protocol/answer.js';
import { writeHead } from '../protocol/write-answer.js';
import { wait } from './wait.js';

/** Sends the headers at once and the body one byte at a time. */
export async function trickleBody(
  response: ServerResponse,
  answer: Answer,
  intervalMs: number,
): Promise<void> {
  writeHead(response, answer);
  response.flushHeaders();
  for (const byte of Buffer.from(answer.body)) {
    if (!(await wait(response, intervalMs))) return;
    response.write(Buffer.of(byte));
  }
  response.end();
}

/** Sends the status line and the headers one byte at a time, and the body at once. */
export async function trickleHead(
  response: ServerResponse,
  answer: Answer,
  intervalMs: number,
): Promise<void> {
  // Node always sends the head in one piece, so the bytes are written to the socket directly.
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
