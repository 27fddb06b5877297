import { type DynamicModule, Module } from '@nestjs/common';

import { AccessModule } from './access/access.module.js';
import { DocsModule } from './docs/docs.module.js';
import { HealthModule } from './health/health.module.js';
import { AddressLimit } from './http/address-limit.js';
import { Connections } from './http/connections.js';
import { HttpModule } from './http/http.module.js';
import { InstancesModule } from './instances/instances.module.js';
import { GatewayMetrics } from './observability/gateway-metrics.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { ProblemsModule } from './problems/problems.module.js';
import { type Runtime, RuntimeModule } from './runtime/runtime.module.js';

@Module({})
export class GatewayModule {
  /**
   * @param metrics and
   * @param addressLimit and
   * @param connections given by the caller if other parts, outside of Nest, have to use the same objects
   */
  static register(
    runtime: Runtime,
    metrics = new GatewayMetrics(),
    addressLimit = AddressLimit.fromSettings(runtime.settings, runtime.clock),
    connections = new Connections(),
  ): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        RuntimeModule.register(runtime),
        ObservabilityModule.register(metrics),
        HttpModule.register(addressLimit, connections),
        AccessModule,
        InstancesModule,
        ProblemsModule,
        HealthModule,
        DocsModule,
      ],
    };
  }
}
