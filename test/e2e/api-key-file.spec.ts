import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ApiKeyFile, type KeyExpiry } from '@app/authentication';
import { FakeClock } from '@app/resilience/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

const DAY_MS = 86_400_000;
const MIB = 1_048_576;

const entry = (name: string, members: object = {}) => ({
  name,
  sha256: createHash('sha256').update(name).digest('hex'),
  instances: ['*'],
  ...members,
});
const text = (...entries: object[]): string => JSON.stringify(entries);

describe('the key file', () => {
  let folder: string;
  let path: string;
  let clock: FakeClock;
  let events: string[];
  let failures: Error[];
  let expiring: (readonly KeyExpiry[])[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'key-file-'));
    path = join(folder, 'keys.json');
    clock = new FakeClock();
    events = [];
    failures = [];
    expiring = [];
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (content: string, mode = 0o600): void => {
    writeFileSync(path, content);
    chmodSync(path, mode);
  };
  const open = async (): Promise<ApiKeyFile> => {
    const file = await ApiKeyFile.open(
      path,
      {
        reloaded: (count) => events.push(`reloaded ${count}`),
        failed: (error, isNew) => {
          failures.push(error);
          events.push(`${isNew ? 'failed' : 'failed again'}: ${error.message}`);
        },
        empty: () => events.push('empty'),
        expiring: (keys) => expiring.push(keys),
        exposed: (reason) => events.push(reason),
      },
      clock,
    );
    onTestFinished(() => {
      file.close();
    });
    return file;
  };
  /** Lets one check of the file pass, and waits until the next one is due. */
  const check = async (): Promise<void> => {
    const { length } = clock.sleeps;
    clock.advance(1000);
    await expect.poll(() => clock.sleeps.length).toBe(length + 1);
  };

  it.each<[string, () => void, string]>([
    ['a FIFO', () => execFileSync('mkfifo', [path]), 'it must be a regular file, not a FIFO'],
    [
      'a link to a FIFO',
      () => {
        linkToFifo();
      },
      'it must be a regular file, not a FIFO',
    ],
    [
      'a directory',
      () => {
        mkdirSync(path);
      },
      'it must be a regular file, not a directory',
    ],
    [
      'an endless device',
      () => {
        symlinkSync('/dev/zero', path);
      },
      'it must be a regular file, not a device',
    ],
    ['missing', () => undefined, 'it cannot be read (ENOENT)'],
    [
      'empty',
      () => {
        write('');
      },
      'it is not JSON',
    ],
    [
      'larger than 16 MiB',
      () => {
        write('[]');
        truncateSync(path, 16 * MIB + 1);
      },
      'it must not be larger than 16 MiB',
    ],
    [
      'writable for every user',
      () => {
        write('[]', 0o602);
      },
      'every user may write to it: take this permission away (chmod o-w)',
    ],
  ])('is refused without a wait if it is %s', async (_, make, message) => {
    make();
    await expect(open()).rejects.toThrow(message);
  });

  const linkToFifo = (): void => {
    execFileSync('mkfifo', [`${path}.fifo`]);
    symlinkSync(`${path}.fifo`, path);
  };

  it('is reported at start and after each change if it has no entry', async () => {
    write('[]');
    await open();
    await check();
    write(text(entry('a')));
    await check();
    write('[ ]');
    await check();
    expect(events).toStrictEqual(['empty', 'reloaded 1', 'empty', 'reloaded 0']);
  });

  it('keeps its keys when it becomes a FIFO, and reports each failed check', async () => {
    write(text(entry('a')));
    const file = await open();
    rmSync(path);
    execFileSync('mkfifo', [path]);
    await check();
    await check();
    expect(file.verify('a').kind).toBe('accepted');
    rmSync(path);
    write(text(entry('a'), entry('b')));
    await check();
    expect(file.verify('b').kind).toBe('accepted');
    expect(events).toStrictEqual([
      'failed: it must be a regular file, not a FIFO',
      'failed again: it must be a regular file, not a FIFO',
      'reloaded 2',
    ]);
  });

  it('is not parsed again at each check while it is invalid, and is used once it is valid again', async () => {
    write(text(entry('a')));
    const file = await open();
    write('[');
    for (let n = 0; n < 3; n += 1) await check();
    const [first, ...later] = failures;
    expect(later).toHaveLength(2);
    for (const failure of later) expect(failure).toBe(first);
    write(text(entry('a')));
    await check();
    write('[');
    await check();
    expect(events.map((event) => event.split(':')[0])).toStrictEqual([
      ...['failed', 'failed again', 'failed again', 'failed'],
    ]);
    expect(file.verify('a').kind).toBe('accepted');
  });

  it.each([
    ['400', []],
    ['600', []],
    ['640', []],
    ['644', ['every user may read it: take this permission away (chmod o-r)']],
    ['620', ['its group may write to it: take this permission away (chmod g-w)']],
  ])('is read with the mode %s, and unsafe permissions are reported once', async (mode, reports) => {
    write(text(entry('a')), Number.parseInt(mode, 8));
    const file = await open();
    await check();
    expect(file.verify('a').kind).toBe('accepted');
    expect(events).toStrictEqual(reports);
  });

  it('may be a Secret that Kubernetes mounts: links to a folder that is replaced', async () => {
    const mount = (version: string, content: string): void => {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, 'keys.json'), content);
      chmodSync(join(folder, version, 'keys.json'), 0o644);
      symlinkSync(version, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    mount('..2026_01_01', text(entry('old')));
    symlinkSync('..data/keys.json', path);
    const file = await open();
    expect(file.verify('old').kind).toBe('accepted');
    mount('..2026_01_02', text(entry('new')));
    rmSync(join(folder, '..2026_01_01'), { recursive: true });
    await check();
    expect(file.verify('old')).toStrictEqual({ kind: 'rejected', reason: 'unknown-key' });
    expect(file.verify('new').kind).toBe('accepted');
  });

  it.skipIf(process.getuid?.() !== 0)(
    'is read without a warning if another user owns it and every user may read it',
    async () => {
      write(text(entry('a')), 0o644);
      chownSync(path, 65_532, 65_532);
      await open();
      expect(events).toStrictEqual([]);
    },
  );

  it('reports the keys that expire within 14 days at start, after a change, and once a day', async () => {
    const at = (ms: number): object => ({ expiresAt: new Date(ms).toISOString() });
    write(text(entry('soon', at(DAY_MS)), entry('later', at(15.5 * DAY_MS)), entry('never')));
    const file = await open();
    const names = () => expiring.map((keys) => keys.map(({ name }) => name).join());
    expect(names()).toStrictEqual(['soon']);
    await check();
    expect(names()).toStrictEqual(['soon']);
    clock.advance(DAY_MS);
    await expect.poll(names).toStrictEqual(['soon', 'soon']);
    expect(file.verify('soon')).toStrictEqual({ kind: 'rejected', reason: 'expired-key' });
    clock.advance(DAY_MS);
    await expect.poll(names).toStrictEqual(['soon', 'soon', 'soon,later']);
    write(text(entry('never')));
    await check();
    clock.advance(DAY_MS);
    await check();
    expect(names()).toHaveLength(3);
  });
});
