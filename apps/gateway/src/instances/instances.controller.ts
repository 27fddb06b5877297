import { NO_INSTANCES } from '@app/authentication';
import { Problem } from '@app/problem-details';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { QueryPipe } from '../http/query.pipe.js';
import { Settings } from '../settings/settings.js';
import { CachedResponse } from '../upstream/cached-response.decorator.js';
import { CachedResponseService } from '../upstream/cached-response.service.js';
import { describeInstance } from './describe-instance.js';
import { InstanceDto } from './instance.dto.js';
import { checkInstanceId, INSTANCE_ID_PARAM } from './instance-id.js';
import { instanceListView } from './instance-list-view.js';
import { InstancePageDto } from './instance-page.dto.js';
import { listInstances } from './list-instances.js';
import { ListInstancesQueryDto } from './list-instances-query.dto.js';
import { PAGE_LINKS } from './page-links.js';

/** Adds to the documentation of `id` what a property cannot have. */
const IDS_WITH_COMMAS = { name: 'id', required: false, style: 'form', explode: false } as const;

@ApiTags('instances')
@Controller('instances')
export class InstancesController {
  constructor(
    private readonly responses: CachedResponseService,
    private readonly settings: Settings,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'List, search and page through the instances that you may read',
    description:
      'An instance must pass all filters. An unknown query parameter is an error, because a filter with a typing error ' +
      'would show everything. All pages come from one snapshot of the list. An instance that you may not read is left ' +
      'out, and not counted.',
  })
  @ApiQuery(IDS_WITH_COMMAS)
  @CachedResponse(InstancePageDto, 'One page of the instances', { Link: PAGE_LINKS })
  listInstances(
    @Query(new QueryPipe()) query: ListInstancesQueryDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { caller = NO_INSTANCES } = request;
    return this.responses.send(
      listInstances,
      this.settings.list,
      request,
      reply,
      instanceListView(query, caller, this.settings.server.publicUrl),
    );
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Read one instance',
    description:
      'The answer always has all nine members; a member is `null` if the OutboundBot service leaves it out. ' +
      'Query parameters are ignored.',
  })
  @ApiParam(INSTANCE_ID_PARAM)
  @CachedResponse(InstanceDto, 'The instance')
  getInstance(
    @Param('id') instanceId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    checkInstanceId(instanceId);
    // Before the lookup, so that the answer does not tell whether the instance exists.
    if (!request.caller?.mayRead(instanceId)) throw new Problem('forbidden');
    return this.responses.send(describeInstance, { instanceId }, request, reply);
  }
}
