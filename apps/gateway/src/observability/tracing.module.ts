import { startTracing, type Tracing } from '@app/tracing';
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';

import { LOGGER } from '../runtime/runtime.module.js';
import { Settings } from '../settings/settings.js';
import { GatewayMetrics } from './gateway-metrics.js';

/** Injection token of the {@link Tracing}; it is undefined if no traces are exported. */
export const TRACING = Symbol('Tracing');

@Global()
@Module({
  providers: [
    {
      provide: TRACING,
      inject: [Settings, LOGGER, GatewayMetrics],
      useFactory: async (
        { tracing: { endpoint, proxy, sampler } }: Settings,
        logger: Logger,
        metrics: GatewayMetrics,
      ) => {
        if (endpoint === undefined) return undefined;
        const tracing = await startTracing({
          endpoint,
          proxy,
          sampler,
          onStateChange: (state) => {
            logger[state === 'up' ? 'info' : 'warn']({ state }, 'trace collector');
          },
        });
        metrics.watchTraces(() => tracing.droppedSpans);
        return tracing;
      },
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
