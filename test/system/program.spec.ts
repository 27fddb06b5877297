import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { KEY_VARIABLES, SAMPLE_ID, UNCACHED, useEmulator } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { BUILD, GATEWAY, type Program, startProgram } from '../support/programs.js';
import { freePort } from '../support/redis-server.js';

describe('the gateway as a program', () => {
  const upstream = useEmulator();

  function start(variables: Record<string, string>, cwd?: string): Program {
    const program = startProgram([GATEWAY], { PORT: '0', OUTBOUNDBOT_PROTOCOL: 'http', ...variables }, cwd);
    onTestFinished(() => program.kill());
    return program;
  }

  async function startReady(
    variables: Record<string, string> = {},
  ): Promise<{ program: Program; url: string }> {
    const program = start({
      OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint,
      ...KEY_VARIABLES,
      ...variables,
    });
    const [, url = ''] = await program.says(/"url":"(http:[^"]+)","msg":"ready"/);
    return { program, url };
  }

  it('logs its address as JSON when it listens, and serves', async () => {
    const { program, url } = await startReady();
    const response = await fetch(`${url}/instances/${SAMPLE_ID}`);
    expect(response.status).toBe(200);
    for (const line of program.output().trim().split('\n'))
      expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  const script = findProgram('script');

  it.skipIf(script === undefined)('logs readable lines on a terminal, and JSON elsewhere', async () => {
    const child = spawn(
      script!,
      ['--quiet', '--return', '--command', `${process.execPath} ${GATEWAY}`, '/dev/null'],
      {
        cwd: BUILD,
        env: { PATH: process.env['PATH'], PORT: '0', METRICS_PORT: '0', ...KEY_VARIABLES },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void child.kill());
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await expect.poll(() => said, { timeout: 10_000 }).toContain('ready');
    // A readable line begins with the time and the level, and is not JSON.
    expect(said).toMatch(/\[\d\d:\d\d:\d\d\.\d{3}\].*INFO.*ready/);
    expect(said).not.toContain('{"level"');
  });

  it('reads .env, and prefers the environment', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
    writeFileSync(
      join(folder, '.env'),
      `OUTBOUNDBOT_ENDPOINT=${upstream.emulator.endpoint}\nALIBABA_CLOUD_ACCESS_KEY_ID=wrong\nALIBABA_CLOUD_ACCESS_KEY_SECRET=emulator-key-secret\n`,
    );
    const program = start({ ALIBABA_CLOUD_ACCESS_KEY_ID: 'emulator-key-id' }, folder);
    const [, url = ''] = await program.says(/"url":"(http:[^"]+)","msg":"ready"/);
    expect((await fetch(`${url}/instances/${SAMPLE_ID}`)).status).toBe(200);
  });

  it('takes from .env what Kubernetes has replaced by an address, without a warning', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    writeFileSync(join(folder, '.env'), 'METRICS_PORT=0\n');
    const program = start(
      {
        OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint,
        ...KEY_VARIABLES,
        METRICS_PORT: 'tcp://10.0.0.1:9464',
      },
      folder,
    );
    await program.says(/"msg":"ready"/);
    expect(linesOf(program).map(({ msg }) => msg)).toStrictEqual(['ready']);
  });

  it('names every wrong setting in one message, without its value', async () => {
    const program = start({
      PORT: 'canary',
      LOG_LEVEL: 'canary',
      UPSTREAM_DEADLINE_MS: '-1',
      OUTBOUNDBOT_ENDPOINT: 'https://canary.example/',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'canary secret',
    });
    expect(await program.ended).toBe(1);
    expect(program.output()).toMatch(/^The gateway cannot start: \d settings are wrong\.$/m);
    for (const name of [
      'PORT must be a whole number from 0 to 65535',
      'LOG_LEVEL must be one of: trace, debug',
      'UPSTREAM_DEADLINE_MS must be a whole number',
      'OUTBOUNDBOT_ENDPOINT must be host or host:port',
      'ALIBABA_CLOUD_ACCESS_KEY_SECRET must be an access key secret',
      'ALIBABA_CLOUD_ACCESS_KEY_ID must be set',
    ]) {
      expect(program.output()).toContain(name);
    }
    expect(program.output()).not.toContain('canary');
  });

  it('does not start behind a proxy while AUTH_MODE is not set', async () => {
    const program = start({ ...KEY_VARIABLES, TRUST_PROXY: 'loopback' });
    expect(await program.ended).toBe(1);
    expect(program.output()).toContain('AUTH_MODE must be set, since TRUST_PROXY says');
  });

  it('warns of each doubtful setting in a line of its own, without the value, and starts', async () => {
    const { program } = await startReady({
      AUTH_API_KEY_FILE: 'canary',
      REDIS_URL: 'tcp://10.11.12.13:6379',
      REDIS_PORT: 'tcp://10.11.12.13:6379',
      REDIS_SERVICE_HOST: '10.11.12.13',
      UPSTREAM_DEADLINE_MS: '1000',
      MAX_CONNECTIONS: '5',
      MAX_CONNECTIONS_PER_ADDRESS: '6',
    });
    const lines = linesOf(program);
    const warnings = lines.filter(({ msg }) => msg === 'setting warning');
    expect(warnings.map(({ level, setting }) => [level, setting])).toStrictEqual([
      ['warn', 'REDIS_URL'],
      ['warn', 'AUTH_API_KEY_FILE'],
      ['warn', 'UPSTREAM_ATTEMPT_TIMEOUT_MS'],
      ['warn', 'MAX_CONNECTIONS_PER_ADDRESS'],
    ]);
    expect(warnings[1]?.['hint']).toContain('The nearest setting is AUTH_API_KEYS_FILE.');
    expect(program.output()).not.toMatch(/canary|10\.11\.12\.13/);
    expect(lines.at(-1)).toMatchObject({ msg: 'ready', auth: 'none' });
  });

  it('exits with a message about what to do when there are no credentials', async () => {
    const program = start({ OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint });
    expect(await program.ended).toBe(1);
    expect(program.output()).toContain('set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET');
    expect(program.output()).not.toContain('ready');
  });

  it('exits with a message when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const program = start({
      ...KEY_VARIABLES,
      PORT: String(port),
      OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint,
    });
    expect(await program.ended).toBe(1);
    expect(program.output()).toContain('EADDRINUSE');
    expect(program.output()).toContain('HOST and PORT');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes the requests in flight on %s and exits 0',
    async (signal) => {
      const { program, url } = await startReady({ SHUTDOWN_DRAIN_MS: '0' });
      upstream.emulator.faults.add({ kind: 'latency', ms: 300 });
      const inFlight = fetch(`${url}/instances/${SAMPLE_ID}`);
      await expect.poll(() => upstream.emulator.calls.count()).toBe(1);
      program.child.kill(signal);
      expect((await inFlight).status).toBe(200);
      expect(await program.ended).toBe(0);
    },
  );

  it('is not ready from SIGTERM on, but serves for the drain time', async () => {
    const { program, url } = await startReady({ SHUTDOWN_DRAIN_MS: '1500' });
    program.child.kill('SIGTERM');
    await program.says(/"msg":"stopping"/);
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(ready.headers.get('retry-after')).toBe('1');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect((await fetch(`${url}/instances/${SAMPLE_ID}`)).status).toBe(200);
    expect(await program.ended).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('exits with 0 on a signal before it has loaded its code', async () => {
    // Sends the signal to the program as soon as the program listens for it.
    const hasty = `process.on('newListener', (name) => {
      if (name === 'SIGTERM') setImmediate(() => process.kill(process.pid, name));
    });`;
    const program = startProgram(['--import', `data:text/javascript,${encodeURIComponent(hasty)}`, GATEWAY], {
      OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint,
      ...KEY_VARIABLES,
    });
    onTestFinished(() => program.kill());
    expect(await program.ended).toBe(0);
    expect(program.output()).toBe('');
  });

  it.skipIf(!existsSync('/dev/full'))('goes on serving when its log cannot be written', async () => {
    const port = await freePort();
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [GATEWAY], {
      cwd: BUILD,
      env: {
        ...{ PATH: process.env['PATH'], PORT: String(port), METRICS_PORT: '0', SHUTDOWN_DRAIN_MS: '0' },
        ...{
          OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint,
          OUTBOUNDBOT_PROTOCOL: 'http',
          ...KEY_VARIABLES,
        },
      },
      stdio: ['ignore', full, 'inherit'],
    });
    closeSync(full);
    onTestFinished(() => void child.kill('SIGKILL'));
    const url = `http://127.0.0.1:${port}/instances/${SAMPLE_ID}`;
    const status = () =>
      fetch(url).then(
        (response) => response.status,
        () => 0,
      );
    await expect.poll(status, { timeout: 10_000 }).toBe(200);
    for (let n = 0; n < 20; n += 1) expect(await status()).toBe(200);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toStrictEqual([0, null]);
  });

  it('exits with 0 on a signal during its start, and never logs that it is ready', async () => {
    // The credentials come from an address that never answers.
    const silent = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    const gatewayPort = String(await freePort());
    const program = start({
      PORT: gatewayPort,
      SHUTDOWN_DRAIN_MS: '0',
      OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint,
      ALIBABA_CLOUD_CREDENTIALS_URI: `http://127.0.0.1:${port}/`,
    });
    const health = (): Promise<number> =>
      fetch(`http://127.0.0.1:${gatewayPort}/health/ready`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(health, { timeout: 10_000 }).toBe(503);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.output()).not.toContain('"ready"');
  });

  it('fails no request on new or kept connections when it is stopped under load', async () => {
    const DRAIN_MS = 1500;
    const LATENCY_MS = 150;
    const { program, url } = await startReady({
      ...UNCACHED,
      SHUTDOWN_DRAIN_MS: String(DRAIN_MS),
      RATE_LIMIT_REQUESTS: '0',
    });
    upstream.emulator.faults.add({ kind: 'latency', ms: LATENCY_MS });
    const idle = connect(Number(new URL(url).port), '127.0.0.1');
    idle.on('error', () => undefined);

    let stopping = false;
    let answered = 0;
    const failures: string[] = [];
    /** Sends requests as a load balancer does: until it sees that the gateway is not ready. */
    const load = async (agent: Agent): Promise<void> => {
      while (!stopping) {
        const outcome = await statusOf(`${url}/instances/${SAMPLE_ID}`, agent);
        if (outcome === '200') answered += 1;
        else failures.push(outcome);
      }
    };
    const kept = new Agent({ keepAlive: true });
    const workers = Array.from({ length: 20 }, (_, n) => load(n % 2 === 0 ? kept : new Agent()));
    await expect.poll(() => answered).toBeGreaterThan(40);

    const signalledAt = performance.now();
    program.child.kill('SIGTERM');
    await expect.poll(() => statusOf(`${url}/health/ready`, new Agent()), { interval: 100 }).toBe('503');
    const before = answered;
    await expect.poll(() => answered).toBeGreaterThan(before + 40);
    stopping = true;
    await Promise.all(workers);
    expect(await program.ended).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(DRAIN_MS + LATENCY_MS + 1000);
    expect(failures).toStrictEqual([]);
    kept.destroy();
  });

  it('ends at once on a second signal', async () => {
    const { program } = await startReady({ SHUTDOWN_DRAIN_MS: '60000' });
    program.child.kill('SIGTERM');
    await program.says(/"msg":"stopping"/);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(1);
  });

  describe.skipIf(process.platform !== 'linux')('the memory of the gateway (read from /proc)', () => {
    const MIB = 1024 * 1024;

    it.each([
      ['a success', { status: 200 }],
      ['a success with a Content-Length', { status: 200, contentLength: true }],
      ['an error', { status: 500 }],
    ])('grows by less than 80 MiB for 200 MB of %s', async (_, form) => {
      const { program, url } = await startReady(UNCACHED);
      const peak = (): number => {
        const status = readFileSync(`/proc/${program.child.pid ?? 0}/status`, 'utf8');
        return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
      };
      await fetch(`${url}/instances/${SAMPLE_ID}`);
      const before = peak();
      upstream.emulator.faults.add({ kind: 'huge', bytes: 200_000_000, ...form });
      const response = await fetch(`${url}/instances/${SAMPLE_ID}`);
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ code: 'upstream-invalid-response' });
      expect((peak() - before) / MIB).toBeLessThan(80);
    });
  });
});

function statusOf(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    get(url, { agent }, (response) => {
      response.resume().once('end', () => {
        resolve(String(response.statusCode));
      });
    }).once('error', (error) => {
      resolve(error.message);
    });
  });
}

function linesOf(program: Program): Record<string, unknown>[] {
  return program
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
