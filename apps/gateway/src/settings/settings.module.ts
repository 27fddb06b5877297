import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';

import { parseSettings } from './parse-settings.js';
import { Settings } from './settings.js';

/** Hands out the one {@link Settings} to whoever injects it. */
@Module({})
export class SettingsModule {
  static register(settings: Settings): DynamicModule {
    return {
      module: SettingsModule,
      global: true,
      providers: [{ provide: Settings, useValue: settings }],
      exports: [Settings],
    };
  }
}

/**
 * Reads the environment, and `.env` in the working directory for what the environment leaves out.
 *
 * @throws {WrongSettingsError}
 */
export async function loadSettings(): Promise<Settings> {
  await ConfigModule.forRoot();
  return parseSettings(process.env);
}
