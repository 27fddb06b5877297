import { cacheStatus, Freshness, matchesIfNoneMatch } from '@app/http-cache';
import { Controller, Get, Param, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AcceptsJsonGuard } from '../http/accepts-json.guard.js';
import { whenCallerGone } from '../http/caller-gone.js';
import { CACHE_HEADERS } from './cache-headers.js';
import { InstanceDto } from './instance.dto.js';
import { InstanceParams } from './instance-params.dto.js';
import { InstancesService } from './instances.service.js';
import { toProblem } from './reading-problem.js';

@ApiTags('instances')
@Controller('instances')
export class InstancesController {
  private readonly cacheControl: string;

  constructor(
    private readonly instances: InstancesService,
    freshness: Freshness,
  ) {
    this.cacheControl = freshness.cacheControl('public');
  }

  @Get(':id')
  @UseGuards(AcceptsJsonGuard)
  @ApiOperation({ summary: 'Read one instance' })
  @ApiOkResponse({ type: InstanceDto, description: 'The instance', headers: CACHE_HEADERS })
  @ApiResponse({ status: 304, description: 'You already have it: `If-None-Match` names its `ETag`' })
  async getInstance(
    @Param() { id }: InstanceParams,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const reading = await this.instances.read(id, () => whenCallerGone(reply));
    const status = cacheStatus(reading.cache);
    request.reading = { cache: status, attempts: reading.attempts };
    if (reading.kind === 'failed')
      throw toProblem(reading.failure, reading.calls, { 'cache-status': status });

    const { entry, ageMs, cache } = reading;
    reply.headers({ etag: entry.etag, 'cache-control': this.cacheControl, 'cache-status': status });
    // RFC 9111, section 5.1: an Age says that the answer does not come from the upstream right now.
    if (cache.kind === 'hit' || cache.staleTtlMs !== undefined) reply.header('age', Math.floor(ageMs / 1000));
    if (matchesIfNoneMatch(request.headers['if-none-match'], entry.etag)) await reply.code(304).send();
    else await reply.type('application/json; charset=utf-8').send(entry.body);
  }
}
