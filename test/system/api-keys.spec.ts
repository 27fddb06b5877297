import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import { ApiKeyFile } from '@app/authentication';
import { systemClock } from '@app/resilience';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

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

  it('when the file of API keys is a FIFO, and it does not wait for a writer', async () => {
    const file = new KeyFile();
    await promisify(execFile)('mkfifo', [file.path]);
    const gateway = startProgram([GATEWAY], { AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path });
    expect(await gateway.ended).toBe(1);
    expect(gateway.output()).toContain(
      'AUTH_API_KEYS_FILE is invalid: it must be a regular file, not a FIFO.',
    );
    file.delete();
  });

  it('on a host that other machines reach while AUTH_MODE is not set', async () => {
    const gateway = startProgram([GATEWAY], { HOST: '0.0.0.0', PORT: '0' });
    expect(await gateway.ended).toBe(1);
    expect(gateway.output()).toContain('AUTH_MODE must be set');
  });
});

describe('a wrong key', () => {
  it('costs the processor less than 0.2 ms, also with 20,000 keys', async () => {
    const file = new KeyFile();
    for (let n = 0; n < 20_000; n += 1) file.add(`caller-${n}`, '*');
    file.write();
    const nothing = (): void => undefined;
    const listener = {
      reloaded: nothing,
      failed: nothing,
      empty: nothing,
      expiring: nothing,
      exposed: nothing,
    };
    const keys = await ApiKeyFile.open(file.path, listener, systemClock);
    const guesses = Array.from({ length: 2000 }, (_, n) => `guess-${n}`);
    const startedAt = process.cpuUsage();
    for (const guess of guesses) expect(keys.verify(guess).kind).toBe('rejected');
    const { user, system } = process.cpuUsage(startedAt);
    keys.close();
    file.delete();
    // Comparing a guess with each key takes about 0.7 ms.
    expect((user + system) / 1000 / guesses.length).toBeLessThan(0.2);
  });
});

describe('npm run api-key', () => {
  const run = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'api-key', '--', ...args]);
    return stdout;
  };
  /** The same without npm, which takes half a second to start. */
  const runDirectly = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['tools/api-key.mjs', ...args]);
    return stdout;
  };
  const keyIn = (output: string) => /^obg_[A-Za-z0-9_-]{43}$/m.exec(output)![0];
  const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
  const entriesOf = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as { name: string }[];

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

  it('adds the entries of commands that run at the same time one after another, and leaves only the file', async () => {
    const file = new KeyFile();
    file.write('[]');
    const names = Array.from({ length: 12 }, (_, n) => `caller-${n}`);
    await Promise.all(names.map((name) => runDirectly(name, '--file', file.path)));
    expect(entriesOf(file.path).map(({ name }) => name)).toHaveLength(12);
    expect(new Set(entriesOf(file.path).map(({ name }) => name))).toStrictEqual(new Set(names));
    expect(readdirSync(dirname(file.path))).toStrictEqual(['keys.json']);
    file.delete();
  });

  it.each(['rotated', 'created'])(
    'takes the lock that a killed command left, for a key that is %s',
    async (way) => {
      const file = new KeyFile();
      file.add('web', '*');
      file.write();
      writeFileSync(`${file.path}.lock`, '');
      utimesSync(`${file.path}.lock`, new Date(), new Date(Date.now() - 11_000));
      await (way === 'rotated'
        ? runDirectly('web', '--rotate', '--file', file.path)
        : runDirectly('batch', '--file', file.path));
      expect(existsSync(`${file.path}.lock`)).toBe(false);
      file.delete();
    },
  );

  it('waits for a lock that another command has just taken', async () => {
    const file = new KeyFile();
    file.write('[]');
    mkdirSync(`${file.path}.lock`);
    const added = runDirectly('web', '--file', file.path);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(entriesOf(file.path)).toStrictEqual([]);
    rmdirSync(`${file.path}.lock`);
    await added;
    expect(entriesOf(file.path)).toHaveLength(1);
    file.delete();
  });

  it('writes what the release before reads: three members and one hash, also after a rotation', async () => {
    const file = new KeyFile();
    await runDirectly('web', 'team-*', '--file', file.path);
    await runDirectly('batch', '--file', file.path);
    await runDirectly('web', '--rotate', '--file', file.path);
    await runDirectly('web', '--revoke-old', '--file', file.path);
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
    expect(entriesOf(file.path)).toStrictEqual([
      { name: 'web', sha256: hash, instances: ['team-*'] },
      { name: 'batch', sha256: hash, instances: ['*'] },
    ]);
    file.delete();
  });

  it('adds to a file of the release before, whose keys the gateway goes on accepting', async () => {
    const file = new KeyFile();
    file.write(
      '[\n' +
        `  {"name":"web","sha256":"${sha256('of the release before')}","instances":["*"]},\n` +
        `  {"name":"The batch job","sha256":"${sha256('in capitals').toUpperCase()}","instances":["*"]}\n` +
        ']\n',
    );
    const added = keyIn(await runDirectly('another', '--file', file.path));
    const stack = await startStack({ AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path });
    onTestFinished(() => stack.close());
    for (const key of ['of the release before', 'in capitals', added]) {
      expect((await stack.gateway.http.get(PATH).set('x-api-key', key)).status).toBe(200);
    }
    file.delete();
  });

  describe('with an existing file', () => {
    let file: KeyFile;
    let first: string;
    beforeEach(() => {
      file = new KeyFile();
      first = file.add('web', 'team-*');
      file.write();
      return () => {
        file.delete();
      };
    });

    it('does not follow a link in place of its draft', async () => {
      const victim = `${file.path}.victim`;
      symlinkSync(victim, `${file.path}.new`);
      await runDirectly('batch', '--file', file.path);
      expect(existsSync(victim)).toBe(false);
      expect(lstatSync(file.path).isFile()).toBe(true);
    });

    it.each([
      ['0666', '0600'],
      ['0644', '0600'],
      ['0604', '0600'],
      ['0660', '0640'],
      ['0640', '0640'],
      ['0600', '0600'],
    ])('turns mode %s of a file into %s, and keeps its owner', async (mode, expected) => {
      chmodSync(file.path, Number.parseInt(mode, 8));
      // Only root may give a file away.
      if (process.getuid?.() === 0) chownSync(file.path, 12_345, 23_456);
      const { uid, gid } = statSync(file.path);
      await runDirectly('batch', '--file', file.path);
      expect(statSync(file.path).mode & 0o777).toBe(Number.parseInt(expected, 8));
      expect(statSync(file.path)).toMatchObject({ uid, gid });
    });

    it('rotates a key: both keys are valid until the old one is revoked', async () => {
      const stack = await startStack({ AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path });
      onTestFinished(() => stack.close());
      const statusWith = async (key: string) =>
        (await stack.gateway.http.get(PATH).set('x-api-key', key)).status;
      const second = keyIn(
        await runDirectly('web', '--rotate', '--file', file.path, '--expires', '2999-12-31T23:59:59+08:00'),
      );
      expect(entriesOf(file.path)).toStrictEqual([
        {
          name: 'web',
          sha256: [sha256(first), sha256(second)],
          instances: ['team-*'],
          expiresAt: '2999-12-31T23:59:59+08:00',
        },
      ]);
      await expect.poll(() => statusWith(second), { timeout: 3000 }).toBe(403);
      expect(await statusWith(first)).toBe(403);
      await runDirectly('web', '--revoke-old', '--file', file.path);
      await expect.poll(() => statusWith(first), { timeout: 3000 }).toBe(401);
      expect(await statusWith(second)).toBe(403);
    });

    it('adds at most ten keys to a name, as the gateway accepts no more', async () => {
      for (let n = 0; n < 9; n += 1) await runDirectly('web', '--rotate', '--file', file.path);
      await expect(runDirectly('web', '--rotate', '--file', file.path)).rejects.toThrow(
        'already has 10 keys',
      );
    });

    it.each([
      [['web', '--revoke-old'], 'has only one key'],
      [['other', '--rotate'], 'has no key with this name'],
      [['other', '--revoke-old'], 'has no key with this name'],
      [['web', 'team-*', '--rotate'], 'take no PATTERN'],
      [['web', '--rotate', '--revoke-old'], 'Use --rotate first'],
      [['web', '--revoke-old', '--expires', '90d'], 'takes no --expires'],
    ])('refuses %j and changes nothing', async (args, message) => {
      const before = readFileSync(file.path, 'utf8');
      await expect(runDirectly(...args, '--file', file.path)).rejects.toThrow(message);
      expect(readFileSync(file.path, 'utf8')).toBe(before);
    });
  });

  it('makes an entry that expires after a number of days', async () => {
    const { expiresAt } = JSON.parse(/^\{.*\}$/m.exec(await runDirectly('web', '--expires', '90d'))![0]) as {
      expiresAt: string;
    };
    const days = (Date.parse(expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThanOrEqual(90);
  });

  it.each([
    'soon',
    '0d',
    '2020-01-01T00:00:00Z',
    '2030-01-01',
    '2030-01-01T00:00:00',
    '2030-02-30T00:00:00Z',
  ])('refuses the expiry %s', async (time) => {
    await expect(runDirectly('web', '--expires', time)).rejects.toThrow('--expires must be');
  });

  it.each([
    ['a FIFO', 'is not a regular file'],
    ['a folder', 'is not a regular file'],
    ['an object', 'is not a JSON list of keys'],
  ])('refuses a file that is %s, without a wait', async (kind, message) => {
    const file = new KeyFile();
    if (kind === 'a FIFO') await promisify(execFile)('mkfifo', [file.path]);
    else if (kind === 'a folder') mkdirSync(file.path);
    else file.write('{}');
    await expect(runDirectly('web', '--file', file.path)).rejects.toThrow(message);
    expect(readdirSync(dirname(file.path))).toStrictEqual(['keys.json']);
    file.delete();
  });

  it.each([[[]], [['a b']], [['a', 'b.c']], [['a', '--nope']], [['a', '--rotate']]])(
    'prints its usage for the arguments %j',
    async (args) => {
      await expect(run(...args)).rejects.toThrow(/NAME|PATTERN|--file/);
    },
  );
});
