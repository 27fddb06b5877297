import { type DynamicModule, Module } from '@nestjs/common';

import { AccessModule } from './access/access.module.js';
import { DocsModule } from './docs/docs.module.js';
import { HealthModule } from './health/health.module.js';
import { InstancesModule } from './instances/instances.module.js';
import { GatewayMetrics } from './metrics/gateway-metrics.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ProblemsModule } from './problems/problems.module.js';
import { type Runtime, RuntimeModule } from './runtime.module.js';
import { TracingModule } from './tracing/tracing.module.js';

@Module({})
export class GatewayModule {
  /** @param metrics may be handed in by who has to tell it something too */
  static register(runtime: Runtime, metrics = new GatewayMetrics()): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        RuntimeModule.register(runtime, metrics),
        TracingModule,
        MetricsModule,
        AccessModule,
        InstancesModule,
        ProblemsModule,
        HealthModule,
        DocsModule,
      ],
    };
  }
}
