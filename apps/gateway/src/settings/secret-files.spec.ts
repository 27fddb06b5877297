import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { parseSettings } from './parse-settings.js';

const folder = mkdtempSync(join(tmpdir(), 'secret-files-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The path of a new file. */
function fileWith(content: string): string {
  const path = join(folder, `${Math.random()}`);
  writeFileSync(path, content);
  return path;
}

/** The path of a new FIFO, which no process opens for writing. */
function makeFifo(): string {
  const path = join(folder, `${Math.random()}`);
  execFileSync('mkfifo', [path]);
  return path;
}

function messageFor(variables: Record<string, string>): string {
  try {
    parseSettings(variables);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('secrets in files', () => {
  it('are settings like those in variables, without the line break at the end', () => {
    const url = fileWith('redis://:password@localhost\n');
    const { client, redis } = parseSettings({
      ALIBABA_CLOUD_ACCESS_KEY_ID_FILE: fileWith('id\n'),
      ALIBABA_CLOUD_ACCESS_KEY_SECRET_FILE: fileWith('secret\r\n'),
      ALIBABA_CLOUD_SECURITY_TOKEN_FILE: fileWith('token'),
      REDIS_URL_FILE: url,
      REDIS_SECRET_FILE: fileWith('redis-secret\n'),
    });
    expect(client.accessKey).toStrictEqual({
      accessKeyId: 'id',
      accessKeySecret: 'secret',
      securityToken: 'token',
    });
    expect(redis).toMatchObject({
      url: 'redis://:password@localhost',
      urlFile: url,
      account: { secret: 'redis-secret', accessKeyId: 'id' },
    });
  });

  it('are checked like those in variables, and no message shows them', () => {
    const message = messageFor({ REDIS_URL_FILE: fileWith('canary'), REDIS_SECRET: 'secret' });
    expect(message).toContain('REDIS_URL must be a URL such as redis://');
    expect(message).not.toContain('canary');
  });

  it('must not be in variables too', () => {
    expect(messageFor({ REDIS_SECRET: 'canary', REDIS_SECRET_FILE: fileWith('canary') })).toBe(
      'The gateway cannot start: 1 setting is wrong.\n' +
        '  - REDIS_SECRET and REDIS_SECRET_FILE must not both be set',
    );
  });

  it.each([
    ['is missing', () => join(folder, 'canary'), 'it cannot be read (ENOENT)'],
    ['is a folder', () => folder, 'it must be a regular file, not a directory'],
    ['is a FIFO', makeFifo, 'it must be a regular file, not a FIFO'],
    ['has no end', () => '/dev/zero', 'it must be a regular file, not a device'],
    ['is large', () => fileWith('a'.repeat(65_537)), 'it must not be larger than 64 KiB'],
    ['is empty', () => fileWith(' \n'), 'the file is empty'],
  ])('stop the gateway with one message if a file %s', (_, path, reason) => {
    expect(
      messageFor({ ALIBABA_CLOUD_ACCESS_KEY_ID: 'id', ALIBABA_CLOUD_ACCESS_KEY_SECRET_FILE: path() }),
    ).toBe(
      'The gateway cannot start: 1 setting is wrong.\n' +
        `  - ALIBABA_CLOUD_ACCESS_KEY_SECRET_FILE must name a file that holds the value: ${reason}`,
    );
  });
});

describe('REDIS_SECRET', () => {
  const REDIS_URL = 'redis://localhost';
  const KEY = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret' };

  it('is the secret of the access key if it is not set', () => {
    expect(parseSettings({ REDIS_URL, ...KEY }).redis?.account).toStrictEqual({
      secret: 'secret',
      accessKeyId: 'id',
    });
  });

  it('must be set with REDIS_URL if there is no access key', () => {
    expect(messageFor({ REDIS_URL })).toContain('REDIS_SECRET must be set, since REDIS_URL is');
    expect(parseSettings({ REDIS_URL, REDIS_SECRET: 'x' }).redis?.account).toStrictEqual({
      secret: 'x',
      roleOrProfile: '',
    });
  });

  it('does not make accounts share a Redis that have one secret by mistake, if a role or profile tells them apart', () => {
    const ofChain = [
      {},
      { ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1:role/gateway' },
      { ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::2:role/gateway' },
      { ALIBABA_CLOUD_ECS_METADATA: 'gateway' },
      { ALIBABA_CLOUD_PROFILE: 'another' },
    ];
    const namespaces = [KEY, ...ofChain].map(
      (credentials) => parseSettings({ REDIS_URL, REDIS_SECRET: 'x', ...credentials }).redis?.namespace,
    );
    expect(new Set(namespaces).size).toBe(6);
    const withKey = { REDIS_URL, REDIS_SECRET: 'x', ...KEY, ALIBABA_CLOUD_PROFILE: 'not used' };
    expect(parseSettings(withKey).redis?.namespace).toBe(namespaces[0]);
  });
});
