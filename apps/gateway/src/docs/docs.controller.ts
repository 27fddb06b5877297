import { Problem } from '@app/problem-details';
import { Controller, Get, Param, Redirect, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { OpenToAll } from '../access/open-to-all.js';
import { Documentation, REVALIDATED } from './documentation.js';

@OpenToAll()
@ApiExcludeController()
@Controller()
export class DocsController {
  constructor(private readonly documentation: Documentation) {}

  @Get()
  @Redirect('/docs', 302)
  redirectToDocs(): void {
    // The `@Redirect` decorator sends the answer.
  }

  @Get('docs')
  getPage(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
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
