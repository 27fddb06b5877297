import { startTracing, type Tracing } from '@app/tracing';
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';

import { LOGGER } from '../runtime/runtime.module.js';
import { Settings } from '../settings/settings.js';

/** Injection token of the {@link Tracing}; it is undefined if no traces are exported. */
export const TRACING = Symbol('Tracing');

@Global()
@Module({
  providers: [
    {
      provide: TRACING,
      inject: [Settings, LOGGER],
      useFactory: ({ tracing: { endpoint, proxy, sampler } }: Settings, logger: Logger) =>
        endpoint === undefined
          ? undefined
          : startTracing({
              endpoint,
              proxy,
              sampler,
              onStateChange: (state) => {
                logger[state === 'up' ? 'info' : 'warn']({ state }, 'trace collector');
              },
            }),
    },
  ],
  exports: [TRACING],
})
export class TracingModule implements OnApplicationShutdown {
  constructor(@Inject(TRACING) private readonly tracing: Tracing | undefined) {}

  async onApplicationShutdown(): Promise<void> {
    await this.tracing?.close();
  }
}
