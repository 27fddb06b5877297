import { Freshness } from '@app/http-cache';
import { OutboundBotClient } from '@app/outboundbot-client';
import { RedisStore } from '@app/redis-store';
import type { Clock } from '@app/resilience';
import { Module, type OnApplicationShutdown, Optional } from '@nestjs/common';
import type { Logger } from 'pino';

import { CLOCK, LOGGER } from '../runtime.module.js';
import { Settings } from '../settings/settings.js';
import { InstanceEntries } from './instance-entries.js';
import { InstanceLookup } from './instance-lookup.js';
import { InstancesController } from './instances.controller.js';
import { InstancesService } from './instances.service.js';

/** Puts together what reads an instance, from the outside in: controller, service, entries and lookup, client. */
@Module({
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
      inject: [Settings, LOGGER, CLOCK],
      useFactory: ({ cache, client }: Settings, logger: Logger, clock: Clock) =>
        cache.redisUrl === undefined
          ? undefined
          : new RedisStore(
              {
                url: cache.redisUrl,
                namespace: client.endpoint,
                onStateChange: (state) => {
                  logger[state === 'up' ? 'info' : 'warn']({ state }, 'redis');
                },
              },
              clock,
            ),
    },
  ],
})
export class InstancesModule implements OnApplicationShutdown {
  constructor(@Optional() private readonly redis?: RedisStore) {}

  async onApplicationShutdown(): Promise<void> {
    await this.redis?.close();
  }
}
