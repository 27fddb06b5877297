import { readFileSync } from 'node:fs';

import { type InstanceRecord, toInstanceRecords } from './instances/instance-record.js';
import { type Learned, toLearned } from './learned/learned-file.js';
import { parseJson } from './protocol/json.js';
import type { EmulatorOptions } from './start-emulator.js';

/** Thrown for an invalid setting. The message names the variable. */
export class SettingsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SettingsError';
  }
}

/**
 * Reads the `EMULATOR_*` variables. An empty variable counts as unset.
 *
 * @throws SettingsError
 */
export function readSettings(
  environment: NodeJS.ProcessEnv,
): EmulatorOptions & { host: string; port: number } {
  const accessKeyId = read(environment, 'EMULATOR_ACCESS_KEY_ID');
  const accessKeySecret = read(environment, 'EMULATOR_ACCESS_KEY_SECRET');
  const seedFile = read(environment, 'EMULATOR_SEED_FILE');
  const learnedFile = read(environment, 'EMULATOR_LEARNED_FILE');
  return {
    host: read(environment, 'EMULATOR_HOST') ?? '127.0.0.1',
    port: readPort(read(environment, 'EMULATOR_PORT') ?? '4010'),
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
    ...(accessKeySecret === undefined ? {} : { accessKeySecret }),
    ...(seedFile === undefined ? {} : { instances: readSeed(seedFile) }),
    ...(learnedFile === undefined ? {} : { learned: readLearned(learnedFile) }),
  };
}

function read(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65535)) {
    throw new SettingsError(`EMULATOR_PORT must be a port from 0 (any free one) to 65535, not "${text}".`);
  }
  return port;
}

function readSeed(file: string): InstanceRecord[] {
  try {
    return toInstanceRecords(parseJson(readFileSync(file, 'utf8')));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingsError(
      `EMULATOR_SEED_FILE ${file} is invalid: ${reason.replace(/\.$/, '')}. It must hold a JSON list of instances, such as [{"InstanceId": "abc"}].`,
    );
  }
}

function readLearned(file: string): Learned {
  try {
    return toLearned(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingsError(
      `EMULATOR_LEARNED_FILE ${file} is invalid: ${reason}. It must be a file that the gateway's doctor --save wrote.`,
    );
  }
}
