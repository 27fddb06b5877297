import { type DynamicModule, Module } from '@nestjs/common';

import { GatewayMetrics } from './gateway-metrics.js';
import { MetricsListener } from './metrics-listener.js';
import { TracingModule } from './tracing.module.js';

/** Makes metrics and traces injectable everywhere. */
@Module({})
export class ObservabilityModule {
  static register(metrics: GatewayMetrics): DynamicModule {
    return {
      module: ObservabilityModule,
      global: true,
      imports: [TracingModule],
      providers: [{ provide: GatewayMetrics, useValue: metrics }, MetricsListener],
      exports: [GatewayMetrics],
    };
  }
}
