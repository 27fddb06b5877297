import type { Clock } from '@app/resilience';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';

import { Settings } from '../settings/settings.js';

/** Injection token of pino's logger, which has no class. */
export const LOGGER = Symbol('Logger');

/** Injection token of the {@link Clock}. */
export const CLOCK = Symbol('Clock');

/** Injection token of the folder with the files that are served. */
export const FILES = Symbol('Files');

/** What the process provides, and tests replace. */
export interface Runtime {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The number of log lines that were dropped so far; absent if the log drops none. */
  readonly droppedLogLines?: () => number;
  /** The folder with `openapi.json` and `swagger-ui/`, as `tools/bundle.mjs` fills it. */
  readonly files: URL;
}

/** Makes each part of the {@link Runtime} injectable everywhere. */
@Module({})
export class RuntimeModule {
  static register({ settings, logger, clock, files }: Runtime): DynamicModule {
    return {
      module: RuntimeModule,
      global: true,
      providers: [
        { provide: Settings, useValue: settings },
        { provide: LOGGER, useValue: logger },
        { provide: CLOCK, useValue: clock },
        { provide: FILES, useValue: files },
      ],
      exports: [Settings, LOGGER, CLOCK, FILES],
    };
  }
}
