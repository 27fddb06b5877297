import { isProblemCode, Problem, PROBLEM_CODES, type ProblemCode, PROBLEMS } from '@app/problem-details';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

import { OpenToAll } from '../access/open-to-all.js';
import { varyOn } from '../http/vary.js';
import { problemListPage, problemPage } from './problem-page.js';
import { ProblemTypeDto } from './problem-type.dto.js';

/** Explains the error codes: HTML pages for people, JSON for programs. */
@OpenToAll()
@ApiTags('problems')
@Controller('problems')
export class ProblemsController {
  @Get()
  @ApiOperation({ summary: 'List every error code' })
  @ApiOkResponse({ type: ProblemTypeDto, isArray: true, description: 'The error codes' })
  getProblems(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const types = PROBLEM_CODES.map(typeOf);
    send(request, reply, types, () => problemListPage(types));
  }

  @Get(':code')
  @ApiOperation({ summary: 'Explain one error code' })
  @ApiParam({ name: 'code', enum: PROBLEM_CODES, enumName: 'ProblemCode', example: 'upstream-error' })
  @ApiOkResponse({ type: ProblemTypeDto, description: 'The error code' })
  getProblem(@Param('code') code: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    if (!isProblemCode(code))
      throw new Problem('route-not-found', { detail: 'There is no such error code.' });
    const type = typeOf(code);
    send(request, reply, type, () => problemPage(type));
  }
}

function typeOf(code: ProblemCode): ProblemTypeDto {
  return { type: `/problems/${code}`, code, ...PROBLEMS[code] };
}

/** Sends HTML to callers that prefer it, as browsers do, and JSON to all others (RFC 9110, section 12.5.1). */
function send(request: FastifyRequest, reply: FastifyReply, json: unknown, html: () => string): void {
  const type = new Negotiator(request).mediaType(['application/json', 'text/html']);
  varyOn(reply, 'Accept');
  if (type === undefined) throw new Problem('not-acceptable');
  if (type === 'text/html') void reply.type('text/html; charset=utf-8').send(html());
  else void reply.send(json);
}
