import {
  isProblemCode,
  languageFor,
  languageOfTag,
  LANGUAGES,
  OPEN_PROBLEM_CODE,
  Problem,
  PROBLEM_CODES,
  type ProblemCode,
  PROBLEMS,
  problemTypeUri,
  TEXTS,
  varyOn,
} from '@app/problem-details';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

import { OpenToAll } from '../access/open-to-all.js';
import { CONTENT_LANGUAGE_HEADER } from '../http/response-headers.js';
import { securePage } from '../http/security-headers.js';
import { Settings } from '../settings/settings.js';
import { type PageContext, problemListPage, problemPage, unknownCodePage } from './problem-page.js';
import { ProblemTypeDto } from './problem-type.dto.js';

const LANG_QUERY = {
  name: 'lang',
  required: false,
  description: 'The language, whatever `Accept-Language` says. Any other value is ignored',
  enum: LANGUAGES,
};

/** The documentation of a page. */
const PAGE = { 'text/html': { schema: { type: 'string', description: 'A page for people' } } } as const;

/** Explains the error codes: HTML pages for people, JSON for programs. */
@OpenToAll()
@ApiTags('problems')
@ApiExtraModels(ProblemTypeDto)
@Controller('problems')
export class ProblemsController {
  private readonly publicUrl: string | undefined;

  constructor({ server }: Settings) {
    this.publicUrl = server.publicUrl;
  }

  @Get()
  @ApiOperation({
    summary: 'List every error code',
    description: 'A page for callers that prefer HTML, as browsers do, and JSON for all others.',
  })
  @ApiQuery(LANG_QUERY)
  @ApiOkResponse({
    description: 'The error codes',
    headers: CONTENT_LANGUAGE_HEADER,
    content: {
      'application/json': { schema: { type: 'array', items: { $ref: getSchemaPath(ProblemTypeDto) } } },
      ...PAGE,
    },
  })
  getProblems(
    @Query('lang') lang: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const context = { ...chooseLanguage(lang, request, reply), publicUrl: this.publicUrl };
    const types = PROBLEM_CODES.map((code) => typeOf(code, context));
    if (prefersHtml(request, reply, context)) sendPage(reply, problemListPage(types, context));
    else void reply.send(types);
  }

  @Get(':code')
  @ApiOperation({
    summary: 'Explain one error code',
    description: 'A page for callers that prefer HTML, as browsers do, and JSON for all others.',
  })
  @ApiParam({
    name: 'code',
    description: 'The `code` of an error',
    schema: OPEN_PROBLEM_CODE,
    example: 'upstream-error',
  })
  @ApiQuery(LANG_QUERY)
  @ApiOkResponse({
    description: 'The error code',
    headers: CONTENT_LANGUAGE_HEADER,
    content: { 'application/json': { schema: { $ref: getSchemaPath(ProblemTypeDto) } }, ...PAGE },
  })
  @ApiNotFoundResponse({ content: PAGE })
  getProblem(
    @Param('code') code: string,
    @Query('lang') lang: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const context = { ...chooseLanguage(lang, request, reply), publicUrl: this.publicUrl };
    const isHtml = prefersHtml(request, reply, context);
    if (!isProblemCode(code)) {
      const problem = new Problem('route-not-found', {
        detail: (texts) => texts.noSuchErrorCode,
        language: context.language,
      });
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
function prefersHtml(
  request: FastifyRequest,
  reply: FastifyReply,
  { language }: Pick<PageContext, 'language'>,
): boolean {
  const type = new Negotiator(request).mediaType(['application/json', 'text/html']);
  varyOn(reply, 'Accept');
  if (type === undefined) throw new Problem('not-acceptable', { language });
  return type === 'text/html';
}

function sendPage(reply: FastifyReply, html: string): void {
  securePage(reply);
  void reply.type('text/html; charset=utf-8').send(html);
}
