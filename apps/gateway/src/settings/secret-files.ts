import { readRegularFileSync } from '@app/regular-file';

import type { Environment } from './environment.js';

/** The settings whose value may be in a file. `REDIS_URL_FILE` names the file of `REDIS_URL`, and so on. */
const SECRETS = [
  'ALIBABA_CLOUD_ACCESS_KEY_ID',
  'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  'ALIBABA_CLOUD_SECURITY_TOKEN',
  'REDIS_URL',
  'REDIS_SECRET',
] as const satisfies readonly (keyof Environment)[];

/** The largest accepted file, in bytes. */
const MAX_BYTES = 64 * 1024;

/** The secrets that were in files, by the names of their settings, and what is wrong with the others. */
interface SecretsInFiles {
  readonly values: Readonly<Record<string, string>>;
  readonly messages: readonly string[];
}

/** @param valueOf the value of a variable; undefined if it is missing */
export function readSecretFiles(valueOf: (name: string) => string | undefined): SecretsInFiles {
  const values: Record<string, string> = {};
  const messages: string[] = [];
  for (const name of SECRETS) {
    const path = valueOf(`${name}_FILE`);
    if (path === undefined) continue;
    if (valueOf(name) !== undefined) {
      messages.push(`${name} and ${name}_FILE must not both be set`);
      continue;
    }
    try {
      values[name] = readSecretFile(path);
    } catch (error) {
      messages.push(`${name}_FILE must name a file that holds the value: ${(error as Error).message}`);
    }
  }
  return { values, messages };
}

/**
 * The content of a file, without white space around it.
 *
 * @throws Error if the file cannot be read, is not a regular file, is too large, or is empty. The message does not name it
 */
export function readSecretFile(path: string): string {
  const value = readRegularFileSync(path, MAX_BYTES).text.trim();
  if (value === '') throw new Error('the file is empty');
  return value;
}
