import { Problem } from '@app/problem-details';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { CachedResponse } from '../upstream/cached-response.decorator.js';
import { CachedResponseService } from '../upstream/cached-response.service.js';
import { describeInstance } from './describe-instance.js';
import { InstanceDto } from './instance.dto.js';
import { checkInstanceId, INSTANCE_ID_PARAM } from './instance-id.js';

@ApiTags('instances')
@Controller('instances')
export class InstancesController {
  constructor(private readonly responses: CachedResponseService) {}

  @Get(':id')
  @ApiOperation({ summary: 'Read one instance' })
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
