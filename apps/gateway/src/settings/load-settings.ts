import { ConfigModule } from '@nestjs/config';

import { parseSettings, VARIABLE_NAMES } from './parse-settings.js';
import type { Settings } from './settings.js';

/**
 * Reads the environment, and `.env` in the working directory for what the environment leaves out.
 *
 * @throws {WrongSettingsError}
 */
export async function loadSettings(): Promise<Settings> {
  for (const name of VARIABLE_NAMES)
    if (process.env[name]?.trim() === '') Reflect.deleteProperty(process.env, name);
  await ConfigModule.forRoot();
  return parseSettings(process.env);
}
