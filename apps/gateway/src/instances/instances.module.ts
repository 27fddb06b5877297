import { Freshness } from '@app/http-cache';
import { OutboundBotClient } from '@app/outboundbot-client';
import { RedisStore } from '@app/redis-store';
import type { Clock } from '@app/resilience';
import { Module, type OnApplicationShutdown, Optional } from '@nestjs/common';
import type { Logger } from 'pino';

import { logRefreshFailure } from '../log/request-log.js';
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
    {
      provide: InstanceLookup,
      inject: [OutboundBotClient, Settings, CLOCK],
      useFactory: (client: OutboundBotClient, { upstream }: Settings, clock: Clock) =>
        new InstanceLookup(client, upstream, clock),
    },
    {
      provide: InstanceEntries,
      inject: [Settings, Freshness, RedisStore, CLOCK],
      useFactory: ({ cache }: Settings, freshness: Freshness, redis: RedisStore | undefined, clock: Clock) =>
        new InstanceEntries(cache.maxEntries, freshness, redis, clock),
    },
    {
      provide: InstancesService,
      inject: [InstanceEntries, Freshness, InstanceLookup, Settings, LOGGER, CLOCK],
      useFactory: (
        entries: InstanceEntries,
        freshness: Freshness,
        lookup: InstanceLookup,
        { upstream }: Settings,
        logger: Logger,
        clock: Clock,
      ) =>
        new InstancesService({
          entries,
          freshness,
          lookup,
          deadlineMs: upstream.deadlineMs,
          clock,
          onRefreshFailed: (attempts) => {
            logRefreshFailure(attempts, logger);
          },
        }),
    },
  ],
})
export class InstancesModule implements OnApplicationShutdown {
  constructor(@Optional() private readonly redis?: RedisStore) {}

  async onApplicationShutdown(): Promise<void> {
    await this.redis?.close();
  }
}
