import { ConfigModule } from '@nestjs/config';

import { isMissing, parseSettings, VARIABLE_NAMES } from './parse-settings.js';
import type { Settings } from './settings.js';

/**
 * Reads the environment, and `.env` in the working directory for what the environment leaves out.
 *
 * @throws {WrongSettingsError}
 */
export async function loadSettings(): Promise<Settings> {
  const given = { ...process.env };
  for (const name of VARIABLE_NAMES)
    if (isMissing(name, given[name])) Reflect.deleteProperty(process.env, name);
  await ConfigModule.forRoot();
  // What `.env` did not replace is still in `given`, and may need a warning.
  return parseSettings({ ...given, ...process.env });
}
