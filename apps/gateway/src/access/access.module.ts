import { RateLimit } from '@app/rate-limit';
import { GuardedRedis } from '@app/redis-store';
import type { Clock } from '@app/resilience';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';

import { GatewayMetrics } from '../observability/gateway-metrics.js';
import { RedisModule } from '../redis/redis.module.js';
import { CLOCK, LOGGER } from '../runtime/runtime.module.js';
import { Settings } from '../settings/settings.js';
import { AccessGuard } from './access.guard.js';
import { Credentials } from './credentials.js';

/** Authentication, and the rate limits of callers. */
@Module({
  imports: [RedisModule],
  providers: [
    { provide: APP_GUARD, useClass: AccessGuard },
    {
      provide: Credentials,
      inject: [Settings, LOGGER, CLOCK, GatewayMetrics],
      useFactory: (...dependencies: Parameters<typeof Credentials.fromSettings>) =>
        Credentials.fromSettings(...dependencies),
    },
    {
      provide: RateLimit,
      inject: [Settings, CLOCK, GatewayMetrics, { token: GuardedRedis, optional: true }],
      useFactory: (
        { rateLimit, redis: settings }: Settings,
        clock: Clock,
        metrics: GatewayMetrics,
        redis?: GuardedRedis,
      ) =>
        new RateLimit(rateLimit, settings?.namespace ?? '', clock, redis, () => {
          metrics.redisValueRejected();
        }),
    },
  ],
  exports: [Credentials],
})
export class AccessModule {}
