import { Freshness } from '@app/http-cache';
import { OutboundBotClient } from '@app/outboundbot-client';
import { GuardedRedis, RedisStore } from '@app/redis-store';
import type { Clock } from '@app/resilience';
import { Module, type OnApplicationShutdown } from '@nestjs/common';

import { AccessModule } from '../access/access.module.js';
import { RedisModule } from '../redis/redis.module.js';
import { CLOCK } from '../runtime.module.js';
import { Settings } from '../settings/settings.js';
import { InstanceEntries } from './instance-entries.js';
import { InstanceLookup } from './instance-lookup.js';
import { InstancesController } from './instances.controller.js';
import { InstancesService } from './instances.service.js';

/** Puts together what reads an instance, from the outside in: controller, service, entries and lookup, client. */
@Module({
  imports: [AccessModule, RedisModule],
  controllers: [InstancesController],
  providers: [
    InstancesService,
    InstanceEntries,
    InstanceLookup,
    {
      provide: OutboundBotClient,
      inject: [Settings],
      useFactory: ({ client }: Settings) => new OutboundBotClient(client),
    },
    {
      provide: Freshness,
      inject: [Settings],
      useFactory: ({ cache }: Settings) => new Freshness(cache),
    },
    {
      provide: RedisStore,
      inject: [Settings, CLOCK, { token: GuardedRedis, optional: true }],
      useFactory: ({ redis: { namespace } }: Settings, clock: Clock, redis?: GuardedRedis) =>
        redis && new RedisStore(namespace, redis, clock),
    },
  ],
})
export class InstancesModule implements OnApplicationShutdown {
  constructor(private readonly client: OutboundBotClient) {}

  onApplicationShutdown(): void {
    this.client.close();
  }
}
