import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';

import { describe, expect, it, onTestFinished } from 'vitest';

import { parseSettings } from '../../apps/gateway/src/settings/parse-settings.js';
import { KEY_VARIABLES } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { GATEWAY, startProgram } from '../support/programs.js';
import { freePort } from '../support/redis-server.js';

const UNIT_FILE = new URL('../../deploy/systemd/outboundbot-gateway@.service', import.meta.url);
const UNIT = readFileSync(UNIT_FILE, 'utf8');

/** The values of a directive. A backslash at the end of a line continues the value. */
const valuesOf = (name: string): string[] =>
  [...UNIT.replaceAll(/\\\n */g, '').matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(
    ([, value = '']) => value,
  );
const theOnly = (name: string): string => {
  const [value, ...others] = valuesOf(name);
  if (value === undefined || others.length > 0) throw new Error(`There must be one ${name}.`);
  return value;
};
/** The environment of the process that the unit starts on a port. The command's own shell sets it. */
function environmentOf(port: number, variables: Record<string, string> = {}): Record<string, string> {
  const [, script = ''] = /^\/bin\/sh -c '(.*)'$/.exec(theOnly('ExecStart')) ?? [];
  const program = '/usr/bin/node /opt/outboundbot-gateway/main.mjs';
  expect(script.endsWith(program)).toBe(true);
  const printing = script.replaceAll('%i', String(port)).replaceAll('$$', '$').replace(program, '');
  const printed = execFileSync('/bin/sh', ['-c', printing], { env: variables, encoding: 'utf8' });
  const { HOST = '', PORT = '', METRICS_PORT = '' } = parseEnv(printed);
  return { HOST, PORT, METRICS_PORT };
}
const secondsOf = (name: string): number => Number(/^(\d+)s$/.exec(theOnly(name))?.[1]);

const analyzer = findProgram('systemd-analyze');
const curl = findProgram('curl');

describe('the systemd unit', () => {
  /** Runs `systemd-analyze` on a unit, with the programs of this machine. Resolves with its output and exit code. */
  async function analyze(command: string[], unit: string): Promise<{ output: string; code: number }> {
    const folder = mkdtempSync(join(tmpdir(), 'systemd-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const file = join(folder, 'outboundbot-gateway@.service');
    writeFileSync(
      file,
      unit.replaceAll('/usr/bin/node', process.execPath).replaceAll('/usr/bin/curl', curl ?? ''),
    );
    const { output, code } = await promisify(execFile)(analyzer ?? '', [...command, file]).then(
      ({ stdout, stderr }) => ({ output: stdout + stderr, code: 0 }),
      (error: unknown) => {
        const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
        return { output: stdout + stderr, code };
      },
    );
    return { output, code };
  }

  it.skipIf(analyzer === undefined || curl === undefined)('is valid for systemd-analyze', async () => {
    expect(await analyze(['verify'], UNIT)).toStrictEqual({ output: '', code: 0 });
    const misspelt = await analyze(['verify'], UNIT.replace('ProtectSystem', 'ProtectSystems'));
    expect(misspelt.output).toContain('ProtectSystems');
  });

  it.skipIf(analyzer === undefined || curl === undefined)(
    'is valid together with the drop-in that loads the access key',
    async () => {
      const dropIn = readFileSync(new URL(`${UNIT_FILE.href}.d/access-key.conf`), 'utf8');
      const credentials = [...dropIn.matchAll(/^LoadCredential=([a-z-]+):/gm)].map(([, name]) => name);
      expect(credentials).toHaveLength(2);
      for (const name of credentials)
        expect(dropIn).toMatch(new RegExp(`^Environment=[A-Z_]+_FILE=%d/${name}$`, 'm'));
      const [, ...settings] = dropIn.split('[Service]');
      const service = UNIT.replace('[Service]', `[Service]${settings.join('')}`);
      expect(await analyze(['verify'], service)).toStrictEqual({ output: '', code: 0 });
    },
  );

  it.skipIf(analyzer === undefined)('is exposed to little, as systemd-analyze counts exposure', async () => {
    // Of 100. A service without any restriction has 96; what is left here is mostly the network, which the gateway needs.
    const command = ['security', '--offline=yes', '--threshold=15'];
    expect(await analyze(command, UNIT)).toMatchObject({ code: 0 });
    const open = await analyze(
      command,
      UNIT.replaceAll(/^(SystemCallFilter|DynamicUser|User|CapabilityB).*$/gm, ''),
    );
    expect(open.code).not.toBe(0);
  });

  it.skipIf(curl === undefined)(
    'starts a gateway on the port of its name, waits until it is ready, and stops it with SIGTERM',
    async () => {
      const port = await freePort();
      const gateway = startProgram([GATEWAY], {
        SHUTDOWN_DRAIN_MS: '0',
        ...KEY_VARIABLES,
        ...environmentOf(port),
      });
      onTestFinished(() => gateway.kill());
      const [program, ...options] = theOnly('ExecStartPost').replaceAll('%i', String(port)).split(' ');
      expect(program).toBe('/usr/bin/curl');
      const [code] = (await once(spawn(curl ?? '', options, { stdio: 'inherit' }), 'close')) as [number];
      expect(code).toBe(0);
      const { status } = (await (await fetch(`http://127.0.0.1:${port}/health/ready`)).json()) as {
        status: string;
      };
      expect(status).toBe('ready');
      gateway.child.kill('SIGTERM');
      expect(await gateway.ended).toBe(0);
    },
  );

  it.each([
    [80, 10_080],
    [3000, 13_000],
    [9999, 19_999],
    [10_000, 20_000],
    [55_535, 65_535],
    [55_536, 45_536],
    [65_535, 55_535],
  ])('gives the gateway on port %i the port %i for its metrics', (port, metricsPort) => {
    const wrong = { HOST: '0.0.0.0', PORT: '1' };
    const { server } = parseSettings(environmentOf(port, wrong));
    expect(server).toMatchObject({ host: '127.0.0.1', port, metrics: { port: metricsPort } });
    expect(parseSettings(environmentOf(port, { METRICS_PORT: '0' })).server.metrics.port).toBeUndefined();
  });

  it('gives each gateway time to stop, and enough file descriptors', () => {
    const { server, upstream } = parseSettings({});
    // The last connections, traces and log lines may need 5 seconds (docs/operations.md).
    expect(secondsOf('TimeoutStopSec') * 1000).toBeGreaterThan(
      server.shutdownDrainMs + upstream.deadlineMs + 5000,
    );
    expect(Number(theOnly('LimitNOFILE'))).toBeGreaterThan(
      10_000 + 2 * (100 + upstream.concurrency.maxConcurrency),
    );
  });
});
