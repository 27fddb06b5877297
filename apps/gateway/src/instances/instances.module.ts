import { Module } from '@nestjs/common';

import { UpstreamModule } from '../upstream/upstream.module.js';
import { InstancesController } from './instances.controller.js';

@Module({ imports: [UpstreamModule], controllers: [InstancesController] })
export class InstancesModule {}
