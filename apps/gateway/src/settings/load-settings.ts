import { ConfigModule } from '@nestjs/config';

import { parseSettings } from './parse-settings.js';
import type { Settings } from './settings.js';

/**
 * Reads the environment, and `.env` in the working directory for what the environment leaves out.
 *
 * @throws {WrongSettingsError}
 */
export async function loadSettings(): Promise<Settings> {
  await ConfigModule.forRoot();
  return parseSettings(process.env);
}
