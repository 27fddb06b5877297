import { GuardedRedis, type StateReport } from '@app/redis-store';
import type { Clock } from '@app/resilience';
import { Module, type OnApplicationShutdown, Optional } from '@nestjs/common';
import type { Logger } from 'pino';

import { GatewayMetrics } from '../observability/gateway-metrics.js';
import { CLOCK, LOGGER } from '../runtime/runtime.module.js';
import { readSecretFile } from '../settings/secret-files.js';
import { Settings } from '../settings/settings.js';

/** One connection to Redis for all that replicas share. Without `REDIS_URL` the provider is undefined. */
@Module({
  providers: [
    {
      provide: GuardedRedis,
      inject: [Settings, LOGGER, CLOCK, GatewayMetrics],
      useFactory: async (
        { redis: settings }: Settings,
        logger: Logger,
        clock: Clock,
        metrics: GatewayMetrics,
      ) => {
        if (settings === undefined) return undefined;
        const { url, urlFile, timeoutMs } = settings;
        const redis = await GuardedRedis.open(
          {
            readUrl: () => (urlFile === undefined ? url : readSecretFile(urlFile)),
            timeoutMs,
            onStateChange: (report: StateReport) => {
              logger[report.state === 'up' ? 'info' : 'warn'](report, 'redis');
            },
            onOperation: (operation, outcome, durationMs) => {
              metrics.redisOperation(operation, outcome, durationMs);
            },
          },
          clock,
        );
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
