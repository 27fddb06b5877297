import { Problem } from '@app/problem-details';
import {
  Controller,
  Get,
  type HttpRedirectResponse,
  HttpStatus,
  Param,
  Redirect,
  Req,
  Res,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { OpenToAll } from '../access/open-to-all.js';
import { securePage } from '../http/security-headers.js';
import { Settings } from '../settings/settings.js';
import { Documentation, REVALIDATED } from './documentation.js';

@OpenToAll()
@ApiExcludeController()
@Controller()
export class DocsController {
  constructor(
    private readonly documentation: Documentation,
    private readonly settings: Settings,
  ) {}

  @Get()
  @Redirect()
  redirectToDocs(): HttpRedirectResponse {
    const { publicUrl = '' } = this.settings.server;
    return { url: `${publicUrl}docs`, statusCode: HttpStatus.FOUND };
  }

  @Get('docs')
  getPage(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    securePage(reply);
    return this.documentation.page.send(request, reply, REVALIDATED);
  }

  @Get('docs/:file')
  getFile(
    @Param('file') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const file = this.documentation.files.get(name);
    if (!file) throw new Problem('route-not-found');
    return file.content.send(request, reply, file.cacheControl);
  }

  @Get('openapi.json')
  getJson(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.documentation.json.send(request, reply, REVALIDATED);
  }

  @Get('openapi.yaml')
  async getYaml(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const yaml = await this.documentation.yaml();
    return yaml.send(request, reply, REVALIDATED);
  }
}
