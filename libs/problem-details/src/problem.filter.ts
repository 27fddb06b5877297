import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { languageFor } from './languages.js';
import { Problem } from './problem.js';
import { toProblemDocument } from './problem-document.js';
import { varyOn } from './vary.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The error that the request was answered with, for its log line. */
    problem?: Problem;
  }
}

/** Answers every error with a problem document: errors of the gateway, of Nest and of Fastify. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  /** @param publicUrl where callers find the gateway, with a slash at the end */
  constructor(private readonly publicUrl?: string) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), this.publicUrl);
  }
}

/**
 * Sends an error to a caller, in the language that the caller prefers.
 *
 * @param error any thrown value
 * @param publicUrl where callers find the gateway, with a slash at the end
 */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  publicUrl?: string,
): void {
  const problem = asProblem(error);
  request.problem = problem;
  const { status } = problem.type;
  const {
    headers = {},
    retryAfterS = 1,
    language = languageFor(request.headers['accept-language']),
  } = problem.options;
  const failed = { path: requestPath(request.url), id: request.id, language };
  varyOn(reply, 'Accept-Language');
  void reply
    .code(status)
    .headers({
      'content-language': language,
      ...headers,
      ...(status === 503 || status === 429 ? { 'retry-after': String(retryAfterS) } : {}),
    })
    // A hook adds the id to other answers, but Fastify sends some errors before any hook runs.
    .header('x-request-id', request.id)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    // Sent as bytes, because Fastify adds a charset to text, and this media type has no charset parameter.
    .send(Buffer.from(JSON.stringify(toProblemDocument(problem, failed, publicUrl))));
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = statusOf(error);
  // The file server answers 403 to a path that would leave its folder.
  if (status === 404 || status === 403) return new Problem('route-not-found');
  if (status !== undefined && status >= 400 && status < 500) return new Problem('invalid-request');
  return new Problem('internal-error', { cause: error });
}

/** Nest's errors have `getStatus()`, Fastify's have `statusCode`. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

/**
 * The path of a request target as a valid URI reference, without the origin and the query. The query may contain a
 * secret.
 */
export function requestPath(url: string): string {
  const [path = ''] = url.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/, 1);
  return path.replace(/%(?![0-9A-Fa-f]{2})|[^\w.~!$&'()*+,;=:@/%-]/g, (invalid) =>
    encodeURIComponent(invalid),
  );
}
