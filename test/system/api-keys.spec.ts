import { execFile } from 'node:child_process';
import { chmodSync, lstatSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, startStack } from '../support/gateway.js';
import { GATEWAY, startProgram } from '../support/programs.js';

const OTHER_ID = 'af81a389-91f0-4157-8d82-720edd02b66a';
const PATH = `/instances/${SAMPLE_ID}`;

describe('the gateway does not start', () => {
  it('with an invalid file of API keys, and its message says which entry is invalid', async () => {
    const file = new KeyFile();
    file.write('[{"name":"canary"}]');
    const gateway = startProgram([GATEWAY], { AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path });
    expect(await gateway.ended).toBe(1);
    expect(gateway.output()).toContain('AUTH_API_KEYS_FILE is invalid: entry 1 has no sha256.');
    expect(gateway.output()).not.toContain('canary');
    file.delete();
  });

  it('when the file of API keys does not exist', async () => {
    const gateway = startProgram([GATEWAY], {
      AUTH_MODE: 'api-key',
      AUTH_API_KEYS_FILE: '/nonexistent/keys.json',
    });
    expect(await gateway.ended).toBe(1);
    expect(gateway.output()).toContain('AUTH_API_KEYS_FILE is invalid: it cannot be read (ENOENT).');
  });

  it('on a host that other machines reach while AUTH_MODE is not set', async () => {
    const gateway = startProgram([GATEWAY], { HOST: '0.0.0.0', PORT: '0' });
    expect(await gateway.ended).toBe(1);
    expect(gateway.output()).toContain('AUTH_MODE must be set');
  });
});

describe('npm run api-key', () => {
  const run = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'api-key', '--', ...args]);
    return stdout;
  };

  it('keeps the links and the permissions of an existing file, and makes a new file private', async () => {
    const file = new KeyFile();
    file.write();
    chmodSync(file.path, 0o640);
    symlinkSync(file.path, `${file.path}.link`);
    await run('linked', '--file', `${file.path}.link`);
    expect(readFileSync(file.path, 'utf8')).toContain('"linked"');
    expect(statSync(file.path).mode & 0o777).toBe(0o640);
    expect(lstatSync(`${file.path}.link`).isSymbolicLink()).toBe(true);
    await run('first', '--file', `${file.path}.new-file`);
    expect(statSync(`${file.path}.new-file`).mode & 0o777).toBe(0o600);
    file.delete();
  });

  it('makes keys and entries that a running gateway accepts', async () => {
    const file = new KeyFile();
    file.write();
    const keyIn = (output: string) => /^obg_[A-Za-z0-9_-]{43}$/m.exec(output)![0];
    const printed = await run('web-app', OTHER_ID);
    file.write(`[${/^\{.*\}$/m.exec(printed)![0]}]`);
    const added = await run('batch', '--file', file.path);
    expect(readFileSync(file.path, 'utf8')).not.toContain(keyIn(added));

    const stack = await startStack({ AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path });
    const statusWith = async (key: string) =>
      (await stack.gateway.http.get(PATH).set('x-api-key', key)).status;
    expect(await statusWith(keyIn(printed))).toBe(403);
    expect(await statusWith(keyIn(added))).toBe(200);
    const later = await run('later', '--file', file.path);
    await expect.poll(() => statusWith(keyIn(later)), { timeout: 3000 }).toBe(200);
    await stack.close();
    await expect(run('later', '--file', file.path)).rejects.toThrow('already has a key with this name');
    file.delete();
  });

  it.each([[[]], [['a b']], [['a', 'b.c']], [['a', '--nope']]])(
    'prints its usage for the arguments %j',
    async (args) => {
      await expect(run(...args)).rejects.toThrow(/NAME|PATTERN/);
    },
  );
});
