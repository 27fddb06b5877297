import { type IncomingHttpHeaders, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import { type Detail, languageFor, Problem, sendProblem, toProblemDocument } from '@app/problem-details';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { AddressLimit } from './address-limit.js';
import type { Hooks } from './hooks.js';
import { requestIdOf } from './request-id.js';
import { observeResponse, type RequestObserver } from './request-observer.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** What an answer needs for which Fastify runs no hooks. */
interface Answering {
  readonly observer: RequestObserver;
  readonly limit: AddressLimit;
  readonly publicUrl: string | undefined;
}

/**
 * Answers a request whose URL the router cannot decode. Fastify runs no hooks for this request, so this function does
 * their work. Fastify does not read its `X-Forwarded-For` either, so it counts for the address of the connection.
 */
export function answerMalformedUrl(
  { observer, limit, publicUrl }: Answering,
  allowOrigin: (request: FastifyRequest, reply: FastifyReply) => void,
) {
  return (_error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    observeResponse(request, reply, observer);
    allowOrigin(request, reply);
    reply.headers(SECURITY_HEADERS);
    const malformed = invalidRequest((texts) => texts.malformedPath);
    sendProblem(limit.count(request, reply) ?? malformed, request, reply, publicUrl);
  };
}

/** Answers bytes that are not an HTTP request. For these bytes Fastify creates neither a request nor a reply. */
export function answerMalformedHttp(answering: Answering) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else answerOnSocket(invalidRequest(detailOf(error.code)), socket, answering);
  };
}

/**
 * Answers CONNECT and unknown expectations. Node itself would send no answer, or one that is not a problem document.
 */
export function answerUnusualRequests(server: FastifyInstance, answering: Answering): void {
  server.server.on('connect', ({ headers, socket }) => {
    const problem = new Problem('method-not-allowed', {
      detail: (texts) => texts.connectMethod,
      headers: { allow: 'GET, HEAD, OPTIONS' },
    });
    answerOnSocket(problem, socket, answering, headers);
  });
  server.server.on('checkExpectation', ({ headers }, { socket }) => {
    const problem = invalidRequest((texts) => texts.unknownExpectation);
    if (socket) answerOnSocket(problem, socket, answering, headers);
  });
}

/** RFC 9110, section 7.2: a host of RFC 3986, which may be empty, with an optional port. */
const HOST = /^([\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(:\d*)?$/i;

/** Rejects an HTTP/1.1 request without a Host header, and any with an invalid one or with two (RFC 9112, section 3.2). */
export function requireHost(hooks: Hooks, limit: AddressLimit): void {
  hooks.onRequest((request, reply) => {
    const problem = hostProblem(request.raw);
    if (problem) throw limit.count(request, reply) ?? problem;
  });
}

function hostProblem({ headers: { host }, httpVersion, rawHeaders }: IncomingMessage): Problem | undefined {
  if (host === undefined)
    return httpVersion === '1.0' ? undefined : invalidRequest((texts) => texts.missingHost);
  if (hasTwoHosts(rawHeaders)) return invalidRequest((texts) => texts.twoHosts);
  if (HOST.test(host)) return undefined;
  return invalidRequest((texts) => texts.malformedHost);
}

function invalidRequest(detail: Detail): Problem {
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

function detailOf(code: string | undefined): Detail {
  if (code === 'HPE_HEADER_OVERFLOW') return (texts) => texts.headersTooLarge;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return (texts) => texts.requestTooSlow;
  return (texts) => texts.notHttp;
}

/**
 * Beyond the limit of its address, the connection is closed without an answer.
 *
 * @param headers of the request, if it could be read
 */
function answerOnSocket(
  problem: Problem,
  socket: Socket,
  { observer, limit, publicUrl }: Answering,
  { 'accept-language': acceptLanguage }: IncomingHttpHeaders = {},
): void {
  const id = requestIdOf({ headers: {} });
  const { remoteAddress } = socket;
  if (limit.isExceededBy(remoteAddress)) {
    observer.refused(new Problem('too-many-requests'), id, remoteAddress);
    socket.destroy();
    return;
  }
  const { status } = problem.type;
  const language = languageFor(acceptLanguage);
  const body = JSON.stringify(toProblemDocument(problem, { path: '/', id, language }, publicUrl));
  observer.refused(problem, id, remoteAddress);
  const answerHeaders = {
    ...problem.options.headers,
    'content-type': 'application/problem+json',
    'content-language': language,
    vary: 'Accept-Language',
    'cache-control': 'no-store',
    ...SECURITY_HEADERS,
    'x-request-id': id,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(answerHeaders).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n'));
}
