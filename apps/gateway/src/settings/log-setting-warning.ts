import type { Logger } from 'pino';

import type { SettingWarning } from './settings.js';

export function logSettingWarning(warning: SettingWarning, logger: Logger): void {
  logger.warn(warning, 'setting warning');
}
