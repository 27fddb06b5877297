import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiResponse, ApiSchema, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { OpenToAll } from '../access/open-to-all.js';
import { CACHE_CONTROL_HEADER, RETRY_AFTER_HEADER } from '../http/response-headers.js';
import { Readiness } from '../lifecycle/readiness.js';

@ApiSchema({ name: 'Health', description: 'The state of the gateway' })
export class HealthDto {
  @ApiProperty({
    enum: ['live', 'starting', 'ready', 'stopping'],
    description: 'The state of the gateway',
    example: 'ready',
  })
  status!: string;
}

/**
 * No answer depends on the upstream: restarting the gateway, or taking it out of service, would not repair the
 * upstream.
 */
@OpenToAll('unlimited')
@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Whether the process can answer',
    description: 'Restart the process if this fails again and again.',
  })
  @ApiOkResponse({
    type: HealthDto,
    description: 'The process can answer',
    example: { status: 'live' },
    headers: CACHE_CONTROL_HEADER,
  })
  getLiveness(): HealthDto {
    return { status: 'live' };
  }

  @Get('ready')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Whether the gateway should get traffic',
    description:
      '503 while the gateway starts, and from SIGTERM on. The state of the OutboundBot service does not change it: ' +
      'the gateway can answer from its cache.',
  })
  @ApiOkResponse({
    type: HealthDto,
    description: 'The gateway should get traffic',
    example: { status: 'ready' },
    headers: CACHE_CONTROL_HEADER,
  })
  @ApiResponse({
    status: 503,
    type: HealthDto,
    description: 'The gateway is starting or stopping',
    example: { status: 'stopping' },
    headers: { ...CACHE_CONTROL_HEADER, ...RETRY_AFTER_HEADER },
  })
  getReadiness(@Res({ passthrough: true }) reply: FastifyReply): HealthDto {
    const { status } = this.readiness;
    if (status !== 'ready') reply.code(503).header('retry-after', '1');
    return { status };
  }
}
