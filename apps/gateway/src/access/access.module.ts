import { AccessTokens, ApiKeyFile, ProviderKeys } from '@app/authentication';
import { readProxies } from '@app/http-client';
import { RateLimit } from '@app/rate-limit';
import { GuardedRedis } from '@app/redis-store';
import type { Clock } from '@app/resilience';
import { Module, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Logger } from 'pino';

import { RedisModule } from '../redis/redis.module.js';
import { CLOCK, LOGGER } from '../runtime.module.js';
import { Settings } from '../settings/settings.js';
import { AccessGuard } from './access.guard.js';
import { Credentials } from './credentials.js';

/** Who may use the gateway, and how often. What the settings leave out is undefined. */
@Module({
  imports: [RedisModule],
  providers: [
    { provide: APP_GUARD, useClass: AccessGuard },
    {
      provide: ApiKeyFile,
      inject: [Settings, LOGGER, CLOCK],
      useFactory: ({ access: { apiKeysFile } }: Settings, logger: Logger, clock: Clock) =>
        apiKeysFile === undefined
          ? undefined
          : ApiKeyFile.open(
              apiKeysFile,
              {
                reloaded: (count) => {
                  logger.info({ count }, 'API keys reloaded');
                },
                failed: ({ message }) => {
                  logger.error({ reason: message }, 'API keys not reloaded, those from before still count');
                },
              },
              clock,
            ),
    },
    {
      provide: ProviderKeys,
      inject: [Settings, LOGGER, CLOCK],
      useFactory: ({ access: { tokens }, proxies }: Settings, logger: Logger, clock: Clock) =>
        tokens &&
        new ProviderKeys(
          {
            ...tokens,
            proxies: readProxies(proxies),
            onStateChange: (state, reason) => {
              logger[state === 'up' ? 'info' : 'error']({ state, reason }, 'token provider');
            },
          },
          clock,
        ),
    },
    {
      provide: Credentials,
      inject: [
        Settings,
        CLOCK,
        { token: ApiKeyFile, optional: true },
        { token: ProviderKeys, optional: true },
      ],
      useFactory: (
        { access: { tokens } }: Settings,
        clock: Clock,
        apiKeys?: ApiKeyFile,
        providerKeys?: ProviderKeys,
      ) => new Credentials(apiKeys, tokens && providerKeys && new AccessTokens(tokens, providerKeys, clock)),
    },
    {
      provide: RateLimit,
      inject: [Settings, { token: GuardedRedis, optional: true }],
      useFactory: ({ rateLimit, redis: { namespace } }: Settings, redis?: GuardedRedis) =>
        rateLimit.requests === 0 ? undefined : new RateLimit(rateLimit, namespace, redis),
    },
  ],
  exports: [Credentials],
})
export class AccessModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Optional() private readonly apiKeys?: ApiKeyFile,
    @Optional() private readonly providerKeys?: ProviderKeys,
  ) {}

  onModuleInit(): void {
    this.providerKeys?.start();
  }

  onApplicationShutdown(): void {
    this.apiKeys?.close();
    this.providerKeys?.close();
  }
}
