import { GuardedRedis } from '@app/redis-store';
import type { Clock } from '@app/resilience';
import { Module, type OnApplicationShutdown, Optional } from '@nestjs/common';
import type { Logger } from 'pino';

import { GatewayMetrics } from '../observability/gateway-metrics.js';
import { CLOCK, LOGGER } from '../runtime/runtime.module.js';
import { Settings } from '../settings/settings.js';

/** One connection to Redis for all that replicas share. Without `REDIS_URL` the provider is undefined. */
@Module({
  providers: [
    {
      provide: GuardedRedis,
      inject: [Settings, LOGGER, CLOCK, GatewayMetrics],
      useFactory: async (
        { redis: { url } }: Settings,
        logger: Logger,
        clock: Clock,
        metrics: GatewayMetrics,
      ) => {
        if (url === undefined) return undefined;
        const onStateChange = (state: 'up' | 'down'): void => {
          logger[state === 'up' ? 'info' : 'warn']({ state }, 'redis');
        };
        const redis = await GuardedRedis.open({ url, onStateChange }, clock);
        metrics.watchRedis(() => redis.isUp);
        return redis;
      },
    },
  ],
  exports: [GuardedRedis],
})
export class RedisModule implements OnApplicationShutdown {
  constructor(@Optional() private readonly redis?: GuardedRedis) {}

  onApplicationShutdown(): void {
    this.redis?.close();
  }
}
