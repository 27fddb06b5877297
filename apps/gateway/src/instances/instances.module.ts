import { OutboundBotClient } from '@app/outboundbot-client';
import { systemClock } from '@app/resilience';
import { Module } from '@nestjs/common';

import { Settings } from '../settings/settings.js';
import { InstancesController } from './instances.controller.js';
import { CLOCK, InstancesService } from './instances.service.js';

@Module({
  controllers: [InstancesController],
  providers: [
    InstancesService,
    { provide: CLOCK, useValue: systemClock },
    {
      provide: OutboundBotClient,
      inject: [Settings],
      useFactory: ({ client }: Settings) => new OutboundBotClient(client),
    },
  ],
})
export class InstancesModule {}
