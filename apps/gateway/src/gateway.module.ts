import { type DynamicModule, Module } from '@nestjs/common';

import { AccessModule } from './access/access.module.js';
import { DocsModule } from './docs/docs.module.js';
import { HealthModule } from './health/health.module.js';
import { InstancesModule } from './instances/instances.module.js';
import { GatewayMetrics } from './observability/gateway-metrics.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { ProblemsModule } from './problems/problems.module.js';
import { type Runtime, RuntimeModule } from './runtime/runtime.module.js';

@Module({})
export class GatewayModule {
  /** @param metrics given by the caller if other parts, outside of Nest, have to report to the same object */
  static register(runtime: Runtime, metrics = new GatewayMetrics()): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        RuntimeModule.register(runtime),
        ObservabilityModule.register(metrics),
        AccessModule,
        InstancesModule,
        ProblemsModule,
        HealthModule,
        DocsModule,
      ],
    };
  }
}
