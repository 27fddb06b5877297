import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { readRegularFile, readRegularFileSync } from './read-regular-file.js';

const folder = mkdtempSync(join(tmpdir(), 'regular-file-'));
const path = join(folder, 'file');
writeFileSync(path, 'a'.repeat(1024));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function makeFifo(): string {
  const fifo = join(folder, `fifo-${Math.random()}`);
  execFileSync('mkfifo', [fifo]);
  return fifo;
}

function makeLink(): string {
  const link = join(folder, `link-${Math.random()}`);
  symlinkSync(path, link);
  return link;
}

describe.each<[string, (path: string, maxBytes: number) => Promise<string>]>([
  ['readRegularFile', async (path, maxBytes) => (await readRegularFile(path, maxBytes)).text],
  [
    'readRegularFileSync',
    // eslint-disable-next-line @typescript-eslint/require-await -- an error becomes a rejection
    async (path, maxBytes) => readRegularFileSync(path, maxBytes).text,
  ],
])('%s', (_, read) => {
  it('reads a file, also through a symbolic link', async () => {
    expect(await read(path, 1024)).toHaveLength(1024);
    expect(await read(makeLink(), 1024)).toHaveLength(1024);
  });

  it.each<[string, () => string, string]>([
    ['is missing', () => join(folder, 'canary'), 'it cannot be read (ENOENT)'],
    ['is a directory', () => folder, 'it must be a regular file, not a directory'],
    ['is a FIFO', makeFifo, 'it must be a regular file, not a FIFO'],
    ['has no end', () => '/dev/zero', 'it must be a regular file, not a device'],
  ])('rejects what %s', async (_, pathOf, message) => {
    await expect(read(pathOf(), 1024)).rejects.toThrow(new Error(message));
  });

  it('rejects a file that is too large', async () => {
    await expect(read(path, 1023)).rejects.toThrow(/^it must not be larger than/);
    const large = join(folder, 'large');
    writeFileSync(large, 'a'.repeat(2 * 1024 * 1024 + 1));
    await expect(read(large, 2 * 1024 * 1024)).rejects.toThrow('it must not be larger than 2 MiB');
  });
});
