import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { KEY_VARIABLES, SAMPLE_ID } from '../support/gateway.js';
import { BUILD, type Program, startProgram } from '../support/programs.js';
import { freePort } from '../support/redis-server.js';

describe('npm start', () => {
  /** Starts `tools/start.mjs` in a folder where `npm run build` only links the build of this test run. */
  function start(variables: Record<string, string>): Program {
    const folder = mkdtempSync(join(tmpdir(), 'npm-start-'));
    mkdirSync(join(folder, 'tools'));
    copyFileSync(new URL('../../tools/start.mjs', import.meta.url), join(folder, 'tools/start.mjs'));
    const scripts = { build: `ln -s '${join(BUILD, 'dist')}' dist` };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', scripts }));
    const program = startProgram([join(folder, 'tools/start.mjs')], variables, folder);
    onTestFinished(async () => {
      await program.kill();
      rmSync(folder, { recursive: true });
    });
    return program;
  }

  it('prints the real addresses, with free ports and on IPv6', async () => {
    const program = start({ HOST: '::1', PORT: '0', EMULATOR_PORT: '0' });
    const [, url = ''] = await program.says(/curl (http:\S+)\n/);
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+\//);
    expect((await fetch(url)).status).toBe(200);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  }, 60_000);

  it('prints only one message when its port is taken by another program', async () => {
    const other = createHttpServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const program = start({ PORT: String(port), EMULATOR_PORT: '0' });
    expect(await program.ended).toBe(1);
    expect(program.output()).toContain('EADDRINUSE');
    expect(program.output()).not.toContain('The gateway is up');
  }, 60_000);

  it('prints a curl line that answers with the sample instance, and stops both programs', async () => {
    const [gatewayPort, emulatorPort] = [String(await freePort()), String(await freePort())];
    const program = start({ PORT: gatewayPort, EMULATOR_PORT: emulatorPort });
    const [, line = ''] = await program.says(/(curl http\S+)\n/);
    expect(program.output()).toContain(`http://127.0.0.1:${gatewayPort}/docs`);
    expect(await shell(`${line} --silent`)).toContain(`{"instanceId":"${SAMPLE_ID}"`);
    program.child.kill('SIGINT');
    expect(await program.ended).toBe(0);
    await expect(fetch(`http://127.0.0.1:${gatewayPort}/`)).rejects.toThrow();
    await expect(fetch(`http://127.0.0.1:${emulatorPort}/`)).rejects.toThrow();
  }, 60_000);
});

describe('npm run start:prod', () => {
  it('stops the gateway in order on SIGTERM, and ends after it', async () => {
    const npm = spawn('npm', ['run', '--silent', 'start:prod'], {
      cwd: BUILD,
      env: {
        ...{ PATH: process.env['PATH'], HOME: '/nonexistent', PORT: '0', METRICS_PORT: '0' },
        ...KEY_VARIABLES,
        SHUTDOWN_DRAIN_MS: '200',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
      // Its own process group, so that the test can end all of it.
      detached: true,
    });
    const groupId = npm.pid!;
    const ended = once(npm, 'exit');
    onTestFinished(() => {
      killGroup(groupId, 'SIGKILL');
    });
    let output = '';
    npm.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await expect.poll(() => output).toContain('"msg":"ready"');
    npm.kill('SIGTERM');
    expect(await ended).toStrictEqual([0, null]);
    expect(killGroup(groupId, 0)).toBe(false);
  });
});

/** Sends the signal to each process of the group. Returns false if there is none. */
function killGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-groupId, signal);
  } catch {
    return false;
  }
}

function shell(command: string): Promise<string> {
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve) =>
    child.once('close', () => {
      resolve(output);
    }),
  );
}
