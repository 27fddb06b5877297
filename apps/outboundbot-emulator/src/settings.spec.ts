import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readSettings } from './settings.js';

describe('readSettings', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function seedFile(text: string): string {
    const file = join(folder, 'seed.json');
    writeFileSync(file, text);
    return file;
  }

  it('uses the default of a variable that is unset or empty', () => {
    const defaults = { host: '127.0.0.1', port: 4010 };
    expect(readSettings({})).toEqual(defaults);
    expect(readSettings({ EMULATOR_HOST: '', EMULATOR_PORT: ' ', EMULATOR_SEED_FILE: '' })).toEqual(defaults);
  });

  it('reads every variable', () => {
    const settings = readSettings({
      EMULATOR_HOST: '::1',
      EMULATOR_PORT: '0',
      EMULATOR_ACCESS_KEY_ID: 'id',
      EMULATOR_ACCESS_KEY_SECRET: 'secret',
      EMULATOR_SEED_FILE: seedFile('[{"InstanceId": "a", "CreatorId": 205273937398494789}]'),
    });
    expect(settings).toEqual({
      host: '::1',
      port: 0,
      accessKeyId: 'id',
      accessKeySecret: 'secret',
      instances: [{ InstanceId: 'a', CreatorId: 205273937398494789n }],
    });
  });

  it.each(['x', '-1', '65536', '1.5', '4010x'])('refuses the port "%s" and names the variable', (port) => {
    expect(() => readSettings({ EMULATOR_PORT: port })).toThrow(/^EMULATOR_PORT .*65535/);
  });

  it.each([
    ['not json', /EMULATOR_SEED_FILE .*seed\.json is invalid/],
    ['[{"InstanceId": 1}]', /instance 0: InstanceId must be a string that is not empty\. It must hold/],
  ])('refuses the seed file %s and gives the reason', (text, message) => {
    expect(() => readSettings({ EMULATOR_SEED_FILE: seedFile(text) })).toThrow(message);
  });

  it('reads a learned file, and refuses an invalid one with the reason', () => {
    const learned = seedFile('{"format": 1, "actions": {}}');
    expect(readSettings({ EMULATOR_LEARNED_FILE: learned }).learned).toEqual({ actions: {} });
    expect(() => readSettings({ EMULATOR_LEARNED_FILE: seedFile('{}') })).toThrow(
      /^EMULATOR_LEARNED_FILE .*seed\.json is invalid: its format is not 1\. It must be a file that/,
    );
  });

  it('refuses a seed file that does not exist', () => {
    expect(() => readSettings({ EMULATOR_SEED_FILE: join(folder, 'gone.json') })).toThrow(
      /gone\.json.*ENOENT/,
    );
  });
});
