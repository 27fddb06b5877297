import { cacheSource, cacheStatus, Freshness, matchesIfNoneMatch } from '@app/http-cache';
import { Problem } from '@app/problem-details';
import { Controller, Get, Param, Req, Res, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { Credentials } from '../access/credentials.js';
import { AcceptsJsonGuard } from '../http/accepts-json.guard.js';
import { onCallerGone } from '../http/answer-over.js';
import { varyOn } from '../http/vary.js';
import { InstanceDto } from './instance.dto.js';
import { CACHE_HEADERS, RATE_LIMIT_HEADERS } from './instance-headers.js';
import { checkInstanceId, INSTANCE_ID_PARAM } from './instance-id.js';
import { InstancesService } from './instances.service.js';
import { toProblem } from './reading-problem.js';

@ApiTags('instances')
@Controller('instances')
export class InstancesController {
  private readonly cacheControl: string;

  constructor(
    private readonly instances: InstancesService,
    private readonly credentials: Credentials,
    freshness: Freshness,
  ) {
    this.cacheControl = freshness.cacheControl(credentials.areRequired ? 'private' : 'public');
  }

  @Get(':id')
  @UseGuards(AcceptsJsonGuard)
  @ApiOperation({ summary: 'Read one instance' })
  @ApiParam(INSTANCE_ID_PARAM)
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'The `ETag` of the answer that you have: 304 while nothing has changed',
  })
  @ApiOkResponse({
    type: InstanceDto,
    description: 'The instance',
    headers: { ...CACHE_HEADERS, ...RATE_LIMIT_HEADERS },
  })
  @ApiResponse({
    status: 304,
    description: 'You already have it: `If-None-Match` names its `ETag`',
    headers: { ...CACHE_HEADERS, ...RATE_LIMIT_HEADERS },
  })
  async getInstance(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    checkInstanceId(id);
    // Before anything is looked up: what is known already is no more open than what is not.
    if (!request.caller?.mayRead(id)) throw new Problem('forbidden');

    const reading = await this.instances.read(id, (leave) => {
      onCallerGone(reply, leave);
    });
    const status = cacheStatus(reading.cache);
    request.reading = { source: cacheSource(reading.cache), cache: status, attempts: reading.attempts };
    if (reading.kind === 'failed')
      throw toProblem(reading.failure, reading.calls, { 'cache-status': status });

    const { entry, ageMs, cache } = reading;
    varyOn(reply, ...this.credentials.headers);
    reply.headers({ etag: entry.etag, 'cache-control': this.cacheControl, 'cache-status': status });
    // RFC 9111, section 5.1: an Age says that the answer does not come from the upstream right now.
    if (cache.kind === 'hit' || cache.staleTtlMs !== undefined) reply.header('age', Math.floor(ageMs / 1000));
    if (matchesIfNoneMatch(request.headers['if-none-match'], entry.etag)) void reply.code(304).send();
    else void reply.type('application/json; charset=utf-8').send(entry.body);
  }
}
