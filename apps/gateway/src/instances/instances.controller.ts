import { Controller, Get, Param, Req, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { AcceptsJsonGuard } from '../http/accepts-json.guard.js';
import { InstanceDto } from './instance.dto.js';
import { toInstanceDto } from './instance.mapper.js';
import { InstanceParams } from './instance-params.dto.js';
import { InstancesService } from './instances.service.js';
import { toProblem } from './lookup-problem.js';

@ApiTags('instances')
@Controller('instances')
export class InstancesController {
  constructor(private readonly instances: InstancesService) {}

  @Get(':id')
  @UseGuards(AcceptsJsonGuard)
  @ApiOperation({ summary: 'Read one instance' })
  @ApiOkResponse({ type: InstanceDto, description: 'The instance' })
  async getInstance(@Param() { id }: InstanceParams, @Req() request: FastifyRequest): Promise<InstanceDto> {
    const { outcome, attempts } = await this.instances.lookUp(id);
    request.upstreamAttempts = attempts;
    if (outcome.kind !== 'success') throw toProblem(outcome, attempts);
    return toInstanceDto(outcome.value);
  }
}
