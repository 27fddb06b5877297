import { type DynamicModule, Module } from '@nestjs/common';

import { DocsModule } from './docs/docs.module.js';
import { HealthModule } from './health/health.module.js';
import { InstancesModule } from './instances/instances.module.js';
import { ProblemsModule } from './problems/problems.module.js';
import { Settings } from './settings/settings.js';
import { SettingsModule } from './settings/settings.module.js';

@Module({})
export class GatewayModule {
  static register(settings: Settings): DynamicModule {
    return {
      module: GatewayModule,
      imports: [SettingsModule.register(settings), InstancesModule, ProblemsModule, HealthModule, DocsModule],
    };
  }
}
