import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { FILES, KEY_VARIABLES } from '../support/gateway.js';
import { BUILD, GATEWAY, packagesIn, startProgram } from '../support/programs.js';

const ROOT = new URL('../..', import.meta.url);
const read = (path: string, from = ROOT): string => readFileSync(new URL(path, from), 'utf8');

describe('the bundle', () => {
  const scripts = readdirSync(FILES).filter((name) => name.endsWith('.mjs'));

  /** The output of a gateway in which the last step of the start throws an error. */
  async function explained(...flags: string[]): Promise<string> {
    const broken = `data:text/javascript,process.send = () => { throw new Error('canary'); };`;
    const program = startProgram([...flags, '--import', broken, GATEWAY], { PORT: '0', ...KEY_VARIABLES });
    onTestFinished(() => program.kill());
    expect(await program.ended).toBe(1);
    return program.output();
  }

  it('keeps the names of functions in error stacks', async () => {
    expect(await explained()).toMatch(/Error: canary\n.*\n +at start \(file:.*\.mjs:\d+:\d+\)/);
  });

  it('shows places in the TypeScript sources with --enable-source-maps', async () => {
    const lines = read('apps/gateway/src/run.ts').split('\n');
    const line = lines.findIndex((text) => text.includes('process.send'));
    const column = lines[line]?.indexOf('send') ?? 0;
    const place = `apps/gateway/src/run.ts:${line + 1}:${column + 1}`;
    expect(await explained('--enable-source-maps')).toContain(`at start (${join(BUILD, place)})`);
  });

  it('has only characters that V8 stores in one byte', () => {
    for (const name of scripts) expect(read(name, FILES), name).not.toMatch(/[^\0-\xff]/);
  });

  it('contains code of production dependencies only, and their licences', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { version: string; dev?: boolean }>;
    };
    const inLock = Object.entries(packages)
      .filter(([, { dev }]) => !dev)
      .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')} ${version}`);
    const licences = read('LICENSES.txt', FILES);
    const listed = [...licences.matchAll(/^(\S+ \d+\.\d+\.\S+) \(.+\)$/gm)].map(([, name = '']) => name);
    expect(licences).toContain(`code of ${listed.length} packages`);
    expect(listed.filter((name) => !inLock.includes(name))).toStrictEqual([]);

    const names = new Set(listed.map((name) => name.replace(/ .*/, '')));
    expect(names).toContain('swagger-ui-dist');
    for (const name of packagesIn(scripts.map((script) => new URL(script, FILES))))
      expect(names).toContain(name);
  });
});
