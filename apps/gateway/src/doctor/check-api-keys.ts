import { ApiKeyFile, WrongApiKeyFileError } from '@app/authentication';
import type { Clock } from '@app/resilience';

import type { Settings } from '../settings/settings.js';
import { fail, type Finding, ok, skip, warn } from './finding.js';

/** Reads the file of API keys as the gateway does when it starts. */
export async function checkApiKeys({ access: { apiKeysFile } }: Settings, clock: Clock): Promise<Finding> {
  if (apiKeysFile === undefined) return skip('api keys', 'AUTH_MODE does not name api-key');
  const warnings: string[] = [];
  try {
    const file = await ApiKeyFile.open(
      apiKeysFile,
      {
        reloaded: () => undefined,
        failed: () => undefined,
        empty: () => {
          warnings.push('It has no key, so the gateway refuses every caller: add one.');
        },
        expiring: (keys) => {
          warnings.push(`${keys.length} of its keys have expired or expire within 14 days: replace them.`);
        },
        exposed: (reason) => {
          warnings.push(`Its permissions are unsafe: ${reason}.`);
        },
      },
      clock,
    );
    file.close();
  } catch (error) {
    if (!(error instanceof WrongApiKeyFileError)) throw error;
    return fail(
      'api keys',
      `AUTH_API_KEYS_FILE is invalid: ${error.message}`,
      'Make entries with npm run api-key -- NAME --file FILE.',
    );
  }
  return warnings.length === 0
    ? ok('api keys', 'the file is valid')
    : warn('api keys', 'the file is valid', ...warnings);
}
