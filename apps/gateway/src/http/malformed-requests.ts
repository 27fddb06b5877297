import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { Problem, sendProblem, toProblemDocument } from '@app/problem-details';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Hooks } from './hooks.js';
import { requestIdOf } from './request-id.js';
import { observeResponse, type RequestObserver } from './request-observer.js';
import { SECURITY_HEADERS } from './security-headers.js';

/**
 * Answers a request whose URL the router cannot decode. Fastify runs no hooks for this request, so this function does
 * their work.
 */
export function answerMalformedUrl(
  observer: RequestObserver,
  allowOrigin: (request: FastifyRequest, reply: FastifyReply) => void,
) {
  return (_error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    observeResponse(request, reply, observer);
    allowOrigin(request, reply);
    reply.headers(SECURITY_HEADERS);
    const detail = 'The path of the URL is not valid: check its percent-encoding.';
    sendProblem(new Problem('invalid-request', { detail }), request, reply);
  };
}

/** Answers bytes that are not an HTTP request. For these bytes Fastify creates neither a request nor a reply. */
export function answerMalformedHttp(observer: RequestObserver) {
  return (error: NodeJS.ErrnoException, socket: Duplex): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else answerOnSocket(new Problem('invalid-request', { detail: detailOf(error.code) }), socket, observer);
  };
}

/**
 * Answers CONNECT and unknown expectations. Node itself would send no answer, or one that is not a problem document.
 */
export function answerUnusualRequests(server: FastifyInstance, observer: RequestObserver): void {
  server.server.on('connect', (_request, socket) => {
    const detail = 'This is no proxy: CONNECT is not served.';
    answerOnSocket(
      new Problem('method-not-allowed', { detail, headers: { allow: 'GET, HEAD, OPTIONS' } }),
      socket,
      observer,
    );
  });
  server.server.on('checkExpectation', (_request, response) => {
    const detail = 'The only Expect header that is served is 100-continue.';
    const { socket } = response;
    if (socket) answerOnSocket(new Problem('invalid-request', { detail }), socket, observer);
  });
}

/** Rejects an HTTP/1.1 request without a Host header (RFC 9112, section 3.2). */
export function requireHost(hooks: Hooks): void {
  hooks.onRequest(({ raw }) => {
    if (raw.headers.host === undefined && raw.httpVersion !== '1.0')
      throw new Problem('invalid-request', { detail: 'The Host header is missing.' });
  });
}

function detailOf(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return 'The headers of the request are too large.';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'The request did not arrive in time.';
  return 'This is not a valid HTTP/1.1 request.';
}

function answerOnSocket(problem: Problem, socket: Duplex, observer: RequestObserver): void {
  const requestId = requestIdOf({ headers: {} });
  const { status } = problem.type;
  const body = JSON.stringify(toProblemDocument(problem, '/', requestId));
  observer.refused(problem, requestId);
  const headers = {
    ...problem.options.headers,
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...SECURITY_HEADERS,
    'x-request-id': requestId,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n'));
}
