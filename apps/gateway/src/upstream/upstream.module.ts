import { Freshness, ReadThroughCache, TieredStore } from '@app/http-cache';
import { type CallRecord, OutboundBotClient } from '@app/outboundbot-client';
import { GuardedRedis, RedisStore } from '@app/redis-store';
import type { Clock } from '@app/resilience';
import { Module } from '@nestjs/common';
import type { Logger } from 'pino';

import { AccessModule } from '../access/access.module.js';
import { GatewayMetrics } from '../observability/gateway-metrics.js';
import { logRefreshDefect, logRefreshFailure } from '../observability/request-log.js';
import { RedisModule } from '../redis/redis.module.js';
import { CLOCK, LOGGER } from '../runtime/runtime.module.js';
import { Settings } from '../settings/settings.js';
import { cacheFigures } from './cache-figures.js';
import { CACHE_KINDS } from './cache-key.js';
import { CachedResponseService } from './cached-response.service.js';
import { type UpstreamFailure, UpstreamService } from './upstream.service.js';
import { ViewCache } from './view-cache.js';

/** Everything between a controller and the upstream: cached responses, the cache, the policies and the client. */
@Module({
  imports: [AccessModule, RedisModule],
  providers: [
    CachedResponseService,
    UpstreamService,
    {
      provide: ViewCache,
      inject: [Settings],
      useFactory: ({ cache }: Settings) => new ViewCache(cache),
    },
    {
      provide: OutboundBotClient,
      inject: [Settings, GatewayMetrics],
      useFactory: ({ client }: Settings, metrics: GatewayMetrics) =>
        new OutboundBotClient({
          ...client,
          onCredentialsRenewal: (outcome) => {
            metrics.reloaded('credentials', outcome);
          },
        }),
    },
    {
      provide: Freshness,
      inject: [Settings],
      useFactory: ({ cache }: Settings) => new Freshness(cache),
    },
    {
      provide: TieredStore,
      inject: [
        Settings,
        Freshness,
        CLOCK,
        ViewCache,
        GatewayMetrics,
        { token: GuardedRedis, optional: true },
      ],
      useFactory: (
        { cache, redis: settings }: Settings,
        freshness: Freshness,
        clock: Clock,
        views: ViewCache,
        metrics: GatewayMetrics,
        redis?: GuardedRedis,
      ) => {
        const onRejected = (): void => {
          metrics.redisValueRejected();
        };
        const shared = settings && redis && new RedisStore({ ...settings, onRejected }, redis, clock);
        const store = new TieredStore(cache, CACHE_KINDS, freshness, clock, shared);
        metrics.watchCache(() => cacheFigures(store, views));
        return store;
      },
    },
    {
      provide: ReadThroughCache,
      inject: [Settings, TieredStore, Freshness, CLOCK, LOGGER],
      useFactory: (
        { upstream: { deadlineMs }, cache: { minRevalidateMs } }: Settings,
        store: TieredStore,
        freshness: Freshness,
        clock: Clock,
        logger: Logger,
      ) =>
        new ReadThroughCache<UpstreamFailure, CallRecord>(
          store,
          freshness,
          {
            deadlineMs,
            minRevalidateMs,
            onRefreshFailed: (failure, calls) => {
              logRefreshFailure(failure, calls, logger);
            },
            onRefreshCrashed: (error) => {
              logRefreshDefect(error, logger);
            },
          },
          clock,
        ),
    },
  ],
  exports: [CachedResponseService],
})
export class UpstreamModule {}
