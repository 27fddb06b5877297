import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import { Problem, sendProblem, toProblemDocument } from '@app/problem-details';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

import { logWhenOut } from '../log/request-log.js';
import { requestIdOf } from './request-id.js';

/** Answers a URL that the router cannot read. No hook runs for such a request, so it is logged and marked here. */
export function answerMalformedUrl(logger: Logger) {
  return (_error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    logWhenOut(request, reply, logger);
    reply.header('x-request-id', request.id);
    sendProblem(
      new Problem('invalid-request', {
        detail: 'The path of the URL is not valid: check its percent-encoding.',
      }),
      request,
      reply,
    );
  };
}

/** Answers bytes that are no HTTP request, for which there is neither request nor reply. */
export function answerMalformedHttp(logger: Logger) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const requestId = requestIdOf({ headers: {} });
    const problem = new Problem('invalid-request', { detail: 'This is not a valid HTTP/1.1 request.' });
    const { status } = problem.type;
    const body = JSON.stringify(toProblemDocument(problem, '/', requestId));
    logger.info(
      { requestId, method: null, route: null, status, problem: problem.code, reason: error.code },
      'request',
    );
    socket.end(
      [
        `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
        'content-type: application/problem+json',
        'cache-control: no-store',
        `x-request-id: ${requestId}`,
        `content-length: ${Buffer.byteLength(body)}`,
        'connection: close',
        '',
        body,
      ].join('\r\n'),
    );
  };
}
