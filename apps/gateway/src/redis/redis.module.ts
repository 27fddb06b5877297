import { GuardedRedis } from '@app/redis-store';
import type { Clock } from '@app/resilience';
import { Module, type OnApplicationShutdown, Optional } from '@nestjs/common';
import type { Logger } from 'pino';

import { CLOCK, LOGGER } from '../runtime.module.js';
import { Settings } from '../settings/settings.js';

/** The one connection to Redis for everything that replicas share; undefined without `REDIS_URL`. */
@Module({
  providers: [
    {
      provide: GuardedRedis,
      inject: [Settings, LOGGER, CLOCK],
      useFactory: ({ redis }: Settings, logger: Logger, clock: Clock) =>
        redis.url === undefined
          ? undefined
          : new GuardedRedis(
              {
                url: redis.url,
                onStateChange: (state) => {
                  logger[state === 'up' ? 'info' : 'warn']({ state }, 'redis');
                },
              },
              clock,
            ),
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
