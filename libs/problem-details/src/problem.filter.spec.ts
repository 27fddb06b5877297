import { BadRequestException, ForbiddenException, NotFoundException } from '@nestjs/common';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';

import { sendProblem } from './problem.filter.js';
import { Problem } from './problem.js';

/** The answer of a server that throws `error` in its handler. */
async function answerTo(error: unknown, acceptLanguage?: string) {
  const server = Fastify({ genReqId: () => 'request-1' });
  let problem: Problem | undefined;
  server.setErrorHandler((thrown, request, reply) => {
    sendProblem(thrown, request, reply);
    problem = request.problem;
  });
  server.get('/somewhere', (_request, reply) => {
    reply.header('vary', 'Origin');
    throw error;
  });
  const headers = acceptLanguage === undefined ? {} : { 'accept-language': acceptLanguage };
  const response = await server.inject({ url: '/somewhere', headers });
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.json<Record<string, unknown>>(),
    problem,
  };
}

const withStatus = (statusCode: number): Error => Object.assign(new Error('canary'), { statusCode });

describe('sendProblem', () => {
  it('sends a problem document as RFC 9457 describes it', async () => {
    const { status, headers, body } = await answerTo(
      new Problem('upstream-error', { upstream: { code: 'InternalError', requestId: 'R', attempts: 3 } }),
    );
    expect(status).toBe(502);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toStrictEqual({
      type: '/problems/upstream-error',
      title: 'The OutboundBot service failed',
      status: 502,
      detail: expect.any(String),
      instance: '/somewhere',
      code: 'upstream-error',
      requestId: 'request-1',
      upstream: { code: 'InternalError', requestId: 'R', attempts: 3 },
    });
  });

  it.each([
    [undefined, 'en', 'There is no such instance', 'The instance id must have'],
    ['zh-CN,zh;q=0.9', 'zh-Hans', '实例不存在', '实例 ID 必须由'],
    ['zh-TW,zh;q=0.9', 'zh-Hant', '實例不存在', '實例 ID 必須由'],
  ])('translates title and detail, and nothing else, for %s', async (header, language, title, detail) => {
    const problem = new Problem('instance-not-found', { detail: (texts) => texts.malformedInstanceId });
    const { headers, body } = await answerTo(problem, header);
    expect(headers).toMatchObject({ 'content-language': language, vary: 'Origin, Accept-Language' });
    expect(body).toStrictEqual({
      type: '/problems/instance-not-found',
      title,
      status: 404,
      detail: expect.stringContaining(detail),
      instance: '/somewhere',
      code: 'instance-not-found',
      requestId: 'request-1',
    });
    // For the log.
    expect(problem.message).toContain('The instance id must have');
  });

  it('explains an error without a reason of its own by the meaning of its code', async () => {
    const { body } = await answerTo(new Problem('overloaded'), 'zh-HK');
    expect(body).toMatchObject({ detail: '閘道收到的請求超出了及時處理的能力，因此拒絕了這個請求。' });
  });

  it.each([
    ["Nest's not found", new NotFoundException('canary'), 'route-not-found'],
    ["Nest's bad request", new BadRequestException('canary'), 'invalid-request'],
    ["the file server's 403", new ForbiddenException('canary'), 'route-not-found'],
    ["Fastify's 414", withStatus(414), 'invalid-request'],
    ["Fastify's 415", withStatus(415), 'invalid-request'],
    ['an error', new Error('canary'), 'internal-error'],
    ['an error with status 500', withStatus(500), 'internal-error'],
    ['an error with status 302', withStatus(302), 'internal-error'],
    ['a string', 'canary', 'internal-error'],
    ['null', null, 'internal-error'],
  ])('answers %s with a problem document that does not quote it', async (_, error, code) => {
    const { body } = await answerTo(error);
    expect(body).toMatchObject({ code });
    expect(JSON.stringify(body)).not.toContain('canary');
  });

  it('keeps an unexpected error as the cause, for the log', async () => {
    const defect = new Error('defect');
    expect((await answerTo(defect)).problem?.cause).toBe(defect);
  });

  it.each([
    ['upstream-unavailable', {}, '1'],
    ['upstream-throttled', { retryAfterS: 30 }, '30'],
    ['too-many-requests', { retryAfterS: 2 }, '2'],
    ['upstream-error', {}, undefined],
  ] as const)('sends Retry-After with 429 and 503 only: %s', async (code, options, expected) => {
    const { headers } = await answerTo(new Problem(code, options));
    expect(headers['retry-after']).toBe(expected);
  });

  it.each([
    ['/a/b?secret=1', '/a/b'],
    ['/a%20b', '/a%20b'],
    ['/a?b#c', '/a'],
    ['/100%2', '/100%252'],
    ['/"<>', '/%22%3C%3E'],
  ])('names the path of %s without the query, as a valid URI reference', async (url, instance) => {
    const server = Fastify({
      frameworkErrors: (error, request, reply) => {
        sendProblem(error, request, reply);
      },
    });
    server.setNotFoundHandler((request, reply) => {
      sendProblem(new Problem('route-not-found'), request, reply);
    });
    const { body } = await server.inject(url);
    expect(JSON.parse(body)).toMatchObject({ instance });
  });
});
