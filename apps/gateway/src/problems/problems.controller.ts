import {
  isProblemCode,
  languageFor,
  languageOfTag,
  LANGUAGES,
  Problem,
  PROBLEM_CODES,
  type ProblemCode,
  PROBLEMS,
  problemTypeUri,
  TEXTS,
  varyOn,
} from '@app/problem-details';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

import { OpenToAll } from '../access/open-to-all.js';
import { Settings } from '../settings/settings.js';
import { type PageContext, problemListPage, problemPage, unknownCodePage } from './problem-page.js';
import { ProblemTypeDto } from './problem-type.dto.js';

const LANG_QUERY = {
  name: 'lang',
  required: false,
  description: 'The language, whatever `Accept-Language` says. Any other value is ignored',
  enum: LANGUAGES,
};

/** Explains the error codes: HTML pages for people, JSON for programs. */
@OpenToAll()
@ApiTags('problems')
@Controller('problems')
export class ProblemsController {
  private readonly publicUrl: string | undefined;

  constructor({ server }: Settings) {
    this.publicUrl = server.publicUrl;
  }

  @Get()
  @ApiOperation({ summary: 'List every error code' })
  @ApiQuery(LANG_QUERY)
  @ApiOkResponse({ type: ProblemTypeDto, isArray: true, description: 'The error codes' })
  getProblems(
    @Query('lang') lang: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const context = { ...chooseLanguage(lang, request, reply), publicUrl: this.publicUrl };
    const types = PROBLEM_CODES.map((code) => typeOf(code, context));
    if (prefersHtml(request, reply)) sendPage(reply, problemListPage(types, context));
    else void reply.send(types);
  }

  @Get(':code')
  @ApiOperation({ summary: 'Explain one error code' })
  @ApiParam({ name: 'code', enum: PROBLEM_CODES, enumName: 'ProblemCode', example: 'upstream-error' })
  @ApiQuery(LANG_QUERY)
  @ApiOkResponse({ type: ProblemTypeDto, description: 'The error code' })
  getProblem(
    @Param('code') code: string,
    @Query('lang') lang: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const context = { ...chooseLanguage(lang, request, reply), publicUrl: this.publicUrl };
    const isHtml = prefersHtml(request, reply);
    if (!isProblemCode(code)) {
      const problem = new Problem('route-not-found', { detail: (texts) => texts.noSuchErrorCode });
      if (!isHtml) throw problem;
      request.problem = problem;
      sendPage(reply.code(problem.type.status).header('cache-control', 'no-store'), unknownCodePage(context));
      return;
    }
    const type = typeOf(code, context);
    if (isHtml) sendPage(reply, problemPage(type, context));
    else void reply.send(type);
  }
}

function typeOf(code: ProblemCode, { language, publicUrl }: PageContext): ProblemTypeDto {
  const { status, retry } = PROBLEMS[code];
  return { type: problemTypeUri(code, publicUrl), code, status, retry, ...TEXTS[language].problems[code] };
}

/** The language of the query goes before that of the browser: the links of a page choose it, without a cookie. */
function chooseLanguage(
  lang: unknown,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Omit<PageContext, 'publicUrl'> {
  const chosen = languageOfTag(lang);
  const language = chosen ?? languageFor(headers['accept-language']);
  varyOn(reply, 'Accept-Language');
  reply.header('content-language', language);
  return { language, isChosen: chosen !== undefined };
}

/** True for callers that prefer HTML, as browsers do. All others get JSON (RFC 9110, section 12.5.1). */
function prefersHtml(request: FastifyRequest, reply: FastifyReply): boolean {
  const type = new Negotiator(request).mediaType(['application/json', 'text/html']);
  varyOn(reply, 'Accept');
  if (type === undefined) throw new Problem('not-acceptable');
  return type === 'text/html';
}

function sendPage(reply: FastifyReply, html: string): void {
  void reply.type('text/html; charset=utf-8').send(html);
}
