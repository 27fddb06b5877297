import { RateLimit } from '@app/rate-limit';
import { GuardedRedis } from '@app/redis-store';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';

import { RedisModule } from '../redis/redis.module.js';
import { CLOCK, LOGGER } from '../runtime/runtime.module.js';
import { Settings } from '../settings/settings.js';
import { AccessGuard } from './access.guard.js';
import { Credentials } from './credentials.js';

/** Authentication and rate limits for all routes that are not {@link OpenToAll}. */
@Module({
  imports: [RedisModule],
  providers: [
    { provide: APP_GUARD, useClass: AccessGuard },
    {
      provide: Credentials,
      inject: [Settings, LOGGER, CLOCK],
      useFactory: (...dependencies: Parameters<typeof Credentials.fromSettings>) =>
        Credentials.fromSettings(...dependencies),
    },
    {
      provide: RateLimit,
      inject: [Settings, { token: GuardedRedis, optional: true }],
      // If the rate limit is off, the value is undefined: the guard takes it as optional.
      useFactory: ({ rateLimit, redis: { namespace } }: Settings, redis?: GuardedRedis) =>
        rateLimit.requests === 0 ? undefined : new RateLimit(rateLimit, namespace, redis),
    },
  ],
  exports: [Credentials],
})
export class AccessModule {}
