import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { findCredentials } from './find-credentials.js';

describe('findCredentials', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'home-'));
    vi.stubEnv('HOME', home);
    vi.stubEnv('ALIBABA_CLOUD_ECS_METADATA_DISABLED', 'true');
    vi.stubEnv('ALIBABA_CLOUD_CREDENTIALS_FILE', join(home, 'none'));
    for (const name of ['ACCESS_KEY_ID', 'ACCESS_KEY_SECRET', 'ROLE_ARN', 'CREDENTIALS_URI'])
      vi.stubEnv(`ALIBABA_CLOUD_${name}`, '');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  });

  const reasonFor = async (provider: string) => {
    const { rejected } = await findCredentials(undefined);
    return rejected.find((each) => each.provider === provider)?.reason;
  };

  it('asks no provider of the chain when the access key is fixed', async () => {
    const accessKey = { accessKeyId: 'canary-canary-abcd', accessKeySecret: 'canary' };
    expect(await findCredentials(accessKey)).toStrictEqual({
      provider: 'settings',
      idEnding: 'abcd',
      isTemporary: false,
      rejected: [],
    });
    expect(await findCredentials({ ...accessKey, securityToken: 'canary' })).toMatchObject({
      isTemporary: true,
    });
  });

  it('shows no part of a short access key id', async () => {
    const found = await findCredentials({ accessKeyId: 'canary-abcd', accessKeySecret: 'x' });
    expect(found).not.toHaveProperty('idEnding');
  });

  it('stops at the first provider that gives an access key', async () => {
    vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_ID', 'canary-canary-abcd');
    vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'canary');
    expect(await findCredentials(undefined)).toMatchObject({ provider: 'environment', rejected: [] });
  });

  it('says why each provider gives none', async () => {
    const { provider, rejected } = await findCredentials(undefined);
    expect(provider).toBeUndefined();
    expect(rejected.map((each) => each.provider)).toStrictEqual([
      ...['environment', 'OIDC token (RRSA)', 'CLI profile', 'credentials file', 'ECS RAM role'],
      'credentials URI',
    ]);
  });

  it.each([
    ['not JSON: canary', '~/.aliyun/config.json is not JSON'],
    ['{"profiles": []}', '~/.aliyun/config.json has no such profile'],
    ['{"current": "a", "profiles": [{"name": "canary"}]}', '~/.aliyun/config.json has no such profile'],
    ['{"current": "a", "profiles": [{"name": "a", "mode": "canary"}]}', 'it failed'],
  ])('quotes nothing of a CLI profile %s', async (content, reason) => {
    mkdirSync(join(home, '.aliyun'));
    writeFileSync(join(home, '.aliyun', 'config.json'), content);
    expect(await reasonFor('CLI profile')).toBe(reason);
  });

  it('names the code of a network error', async () => {
    vi.stubEnv('ALIBABA_CLOUD_CREDENTIALS_URI', 'http://127.0.0.1:1/canary');
    expect(await reasonFor('credentials URI')).toBe('it failed (ECONNREFUSED)');
  });

  it('names a credentials file without a usable profile', async () => {
    vi.stubEnv('ALIBABA_CLOUD_CREDENTIALS_FILE', join(home, 'credentials'));
    writeFileSync(join(home, 'credentials'), '[default]\ntype = canary\n');
    expect(await reasonFor('credentials file')).toBe('the file has no profile of a known type');
  });
});
