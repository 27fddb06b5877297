import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { isIPv6, type Socket } from 'node:net';

import { type Detail, languageFor, Problem, sendProblem, toProblemDocument } from '@app/problem-details';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { AddressLimit } from './address-limit.js';
import type { Connections } from './connections.js';
import type { Hooks } from './hooks.js';
import { requestIdOf } from './request-id.js';
import { observeClosed, type RequestObserver } from './request-observer.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** What an answer needs for which Fastify runs no hooks. */
interface Answering {
  readonly observer: RequestObserver;
  readonly limit: AddressLimit;
  readonly connections: Connections;
  readonly publicUrl: string | undefined;
}

/**
 * Answers a request whose URL the router cannot decode. Fastify runs no hooks for this request, so this function does
 * their work. Fastify does not read its `X-Forwarded-For` either, so it counts for the address of the connection.
 */
export function answerMalformedUrl(
  { observer, limit, connections, publicUrl }: Answering,
  allowOrigin: (request: FastifyRequest, reply: FastifyReply) => void,
) {
  return (_error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const carryOut = (): void => {
      allowOrigin(request, reply);
      reply.headers(SECURITY_HEADERS);
      const malformed = invalidRequest((texts) => texts.malformedPath);
      sendProblem(limit.count(request, reply) ?? malformed, request, reply, publicUrl);
      request.isAnswered = true;
    };
    connections.answerInTurn(request.raw, reply.raw, carryOut, () => {
      observeClosed(request, reply, observer);
    });
  };
}

/** Answers bytes that are not an HTTP request. For these bytes Fastify creates neither a request nor a reply. */
export function answerMalformedHttp(answering: Answering) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    endWith(invalidRequest(detailOf(error.code)), socket, answering);
  };
}

/** Answers CONNECT, for which Node would close the connection without an answer. */
export function answerConnect({ server }: FastifyInstance, answering: Answering): void {
  server.on('connect', ({ headers }: IncomingMessage, socket: Socket) => {
    const problem = new Problem('method-not-allowed', {
      detail: (texts) => texts.connectMethod,
      headers: { allow: 'GET, HEAD, OPTIONS' },
    });
    endWith(problem, socket, answering, headers);
  });
}

/** Rejects expectations that the gateway does not know (RFC 9110, section 10.1.1), to which Node would send no problem. */
export function rejectUnknownExpectations(
  { server }: FastifyInstance,
  hooks: Hooks,
  limit: AddressLimit,
): void {
  const pass = (request: IncomingMessage, response: ServerResponse): void => {
    // Node takes every list that contains `100-continue` for an expectation that it knows.
    if (isKnownExpectation(request)) response.writeContinue();
    server.emit('request', request, response);
  };
  server.on('checkContinue', pass);
  server.on('checkExpectation', pass);
  hooks.onRequest((request, reply) => {
    if (request.headers.expect === undefined || isKnownExpectation(request)) return;
    // Such a caller may have left out the body of its request, so the next bytes could be anything.
    reply.header('connection', 'close');
    throw limit.count(request, reply) ?? invalidRequest((texts) => texts.unknownExpectation);
  });
}

function isKnownExpectation({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.expect?.toLowerCase() === '100-continue';
}

/** Node reads nothing that a caller sends behind a request for another protocol, so the answer ends the connection. */
export function endUpgrades(hooks: Hooks): void {
  hooks.onSend(({ headers }, reply) => {
    if (headers.upgrade !== undefined) reply.header('connection', 'close');
  });
}

/** RFC 9110, section 7.2: a host of RFC 3986, which may be empty, with an optional port. */
const HOST = /^(?:(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*|\[(?<ipv6>[\da-f:.]+)\])(?::\d*)?$/i;

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
  const match = HOST.exec(host);
  const { ipv6 } = match?.groups ?? {};
  if (match && (ipv6 === undefined || isIPv6(ipv6))) return undefined;
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

/** How long a caller may take to close its side of the connection after an answer that ends it, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2000;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string;
}

/**
 * Returns the answer that ends the connection; undefined beyond the limit of its address, where no answer is sent.
 *
 * @param headers of the request, if it could be read
 */
function refuse(
  problem: Problem,
  { remoteAddress }: Socket,
  { observer, limit, publicUrl }: Answering,
  headers: IncomingHttpHeaders = {},
): Answer | undefined {
  const id = requestIdOf({ headers });
  if (limit.isExceededBy(remoteAddress)) {
    observer.refused(new Problem('too-many-requests'), id, remoteAddress);
    return undefined;
  }
  const { status } = problem.type;
  const language = languageFor(headers['accept-language']);
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
  return { status, headers: answerHeaders, body };
}

/** Ends a connection on which Node has no response to write to. */
function endWith(
  problem: Problem,
  socket: Socket,
  answering: Answering,
  requestHeaders?: IncomingHttpHeaders,
): void {
  answering.connections.endInTurn(socket, () => {
    const answer = refuse(problem, socket, answering, requestHeaders);
    if (answer) writeTo(socket, answer);
    else socket.destroy();
  });
}

function writeTo(socket: Socket, { status, headers, body }: Answer): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.setTimeout(CLOSE_TIMEOUT_MS, () => {
    socket.destroy();
  });
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n'));
}
