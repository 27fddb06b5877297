import { Module } from '@nestjs/common';

import { Readiness } from '../lifecycle/readiness.js';
import { HealthController } from './health.controller.js';

@Module({ controllers: [HealthController], providers: [Readiness] })
export class HealthModule {}
