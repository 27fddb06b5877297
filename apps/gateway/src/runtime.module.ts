import type { Clock } from '@app/resilience';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';

import { GatewayMetrics } from './metrics/gateway-metrics.js';
import { Settings } from './settings/settings.js';

/** Nest injects the log by this: pino's logger has no class. */
export const LOGGER = Symbol('Logger');

/** Nest injects the time by this. */
export const CLOCK = Symbol('Clock');

/** Nest injects the folder of the served files by this. */
export const FILES = Symbol('Files');

/** What the process brings along; tests bring their own. */
export interface Runtime {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The folder with `openapi.json` and `swagger-ui/`, as `tools/bundle.mjs` fills it. */
  readonly files: URL;
}

/** Hands out the {@link Runtime}, and what watches over it, to whoever injects a part of it. */
@Module({})
export class RuntimeModule {
  static register({ settings, logger, clock, files }: Runtime, metrics: GatewayMetrics): DynamicModule {
    return {
      module: RuntimeModule,
      global: true,
      providers: [
        { provide: Settings, useValue: settings },
        { provide: LOGGER, useValue: logger },
        { provide: CLOCK, useValue: clock },
        { provide: FILES, useValue: files },
        { provide: GatewayMetrics, useValue: metrics },
      ],
      exports: [Settings, LOGGER, CLOCK, FILES, GatewayMetrics],
    };
  }
}
