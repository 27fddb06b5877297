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

/** RFC 9110, section 7.2: a host of RFC 3986, which may be empty, with an optional port. */
const HOST = /^([\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(:\d*)?$/i;

/** Rejects an HTTP/1.1 request without a Host header, and any with an invalid one or with two (RFC 9112, section 3.2). */
export function requireHost(hooks: Hooks): void {
  hooks.onRequest(({ raw }) => {
    const { host } = raw.headers;
    if (host === undefined) {
      if (raw.httpVersion !== '1.0') throw invalidHost('The Host header is missing.');
    } else if (hasTwoHosts(raw.rawHeaders)) throw invalidHost('There are two Host headers.');
    else if (!HOST.test(host)) throw invalidHost('The Host header is not a host with an optional port.');
  });
}

function invalidHost(detail: string): Problem {
  return new Problem('invalid-request', { detail });
}

/** Node keeps only the first one in `headers`. @param rawHeaders names and values in turn */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
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
