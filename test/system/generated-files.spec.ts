import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { BUILD } from '../support/programs.js';
import { GENERATED } from './global-setup.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCHEMAS = 'libs/gateway-client/src/generated/schemas.ts';
const read = (folder: string, path: string): string => readFileSync(join(folder, path), 'utf8');

describe('the committed files that the build writes', () => {
  // None of these files existed when the build began.
  it.each(GENERATED)('%s is what the build writes', (path) => {
    expect(read(ROOT, path), `${path} is stale: run \`npm run build\` and commit it.`).toBe(
      read(BUILD, path),
    );
  });

  it("are only read by the check of the client's types, which fails if a file is stale", () => {
    const folder = mkdtempSync(join(tmpdir(), 'stale-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    for (const path of [...GENERATED, 'libs/gateway-client/tools']) {
      cpSync(join(BUILD, path), join(folder, path), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
    const check = () => {
      const script = join(folder, 'libs/gateway-client/tools/generate-types.mjs');
      return spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    };
    expect(check()).toMatchObject({ status: 0 });

    const stale = read(folder, SCHEMAS).replace('instanceName', 'name');
    writeFileSync(join(folder, SCHEMAS), stale);
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain('schemas.ts is out of date: run `npm run build` and commit it.');
    expect(read(folder, SCHEMAS)).toBe(stale);
  });
});
