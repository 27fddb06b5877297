import { type DynamicModule, Module } from '@nestjs/common';

import { AccessModule } from './access/access.module.js';
import { DocsModule } from './docs/docs.module.js';
import { HealthModule } from './health/health.module.js';
import { InstancesModule } from './instances/instances.module.js';
import { ProblemsModule } from './problems/problems.module.js';
import { type Runtime, RuntimeModule } from './runtime.module.js';
import { TracingModule } from './tracing/tracing.module.js';

@Module({})
export class GatewayModule {
  static register(runtime: Runtime): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        RuntimeModule.register(runtime),
        TracingModule,
        AccessModule,
        InstancesModule,
        ProblemsModule,
        HealthModule,
        DocsModule,
      ],
    };
  }
}
