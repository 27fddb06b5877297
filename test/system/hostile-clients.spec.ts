import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, it, onTestFinished } from 'vitest';

import { KEY_VARIABLES, SAMPLE_ID, useEmulator } from '../support/gateway.js';
import { BUILD, GATEWAY } from '../support/programs.js';
import { freePort } from '../support/redis-server.js';

const PATH = `/instances/${SAMPLE_ID}`;

// /proc shows the memory and the descriptors of another process, and the shell of every Linux knows ulimit -n.
describe.runIf(process.platform === 'linux')('the gateway under hostile clients', () => {
  const upstream = useEmulator();

  /** Starts the gateway with at most this many file descriptors. */
  async function start(descriptors: number, variables: Record<string, string> = {}) {
    const metricsPort = String(await freePort());
    const child = spawn('sh', ['-c', `ulimit -n ${descriptors}; exec "$0" "$1"`, process.execPath, GATEWAY], {
      cwd: BUILD,
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        METRICS_PORT: metricsPort,
        OUTBOUNDBOT_PROTOCOL: 'http',
        OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint,
        RATE_LIMIT_REQUESTS: '0',
        ...KEY_VARIABLES,
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await expect.poll(() => output, { timeout: 10_000 }).toContain('"msg":"ready"');
    const url = /"url":"(http:[^"]+)"/.exec(output)![1]!;
    return {
      child,
      url,
      output: () => output,
      metrics: async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
      rssMiB: () =>
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024,
      descriptors: () => readdirSync(`/proc/${child.pid}/fd`).length,
    };
  }

  async function open(url: string): Promise<Socket> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  it.each(['/docs/swagger-ui-bundle.js', '/docs', '/%zz', '/missing', PATH, '/instances'])(
    'keeps its memory and descriptors when 24 connections pipeline GET %s and read nothing',
    async (path) => {
      const gateway = await start(4096);
      for (let count = 0; count < 50; count += 1) await fetch(`${gateway.url}${PATH}`);
      const [rssBefore, descriptorsBefore] = [gateway.rssMiB(), gateway.descriptors()];
      const request = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
      const batch = request.repeat(Math.ceil(61_440 / request.length));
      for (let count = 0; count < 24; count += 1) {
        const socket = await open(gateway.url);
        socket.pause();
        socket.write(batch);
      }
      for (let count = 0; count < 10; count += 1) {
        // On a busy machine the gateway may shed other requests meanwhile.
        expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
        await delay(100);
      }
      await expect.poll(async () => (await fetch(`${gateway.url}${PATH}`)).status).toBe(200);
      expect(gateway.rssMiB() - rssBefore).toBeLessThan(150);
      expect(gateway.descriptors() - descriptorsBefore).toBeLessThan(200);
    },
  );

  it('lives on when more connections are opened than it has descriptors', async () => {
    const gateway = await start(300);
    const sockets = await Promise.all(Array.from({ length: 600 }, () => open(gateway.url)));
    await delay(2500);
    expect(gateway.child.exitCode).toBeNull();
    expect(await gateway.metrics()).toMatch(/connections_refused_total\{reason="(address|total)"\} [1-9]/);
    expect(gateway.output()).toContain('"msg":"connections refused"');
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(async () => (await fetch(`${gateway.url}${PATH}`).catch(() => undefined))?.status)
      .toBe(200);
  });

  it('ends in order on SIGHUP, and opens no debugger on SIGUSR1', async () => {
    const gateway = await start(4096, { SHUTDOWN_DRAIN_MS: '0' });
    gateway.child.kill('SIGUSR1');
    await delay(300);
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
    const ended = once(gateway.child, 'exit');
    gateway.child.kill('SIGHUP');
    expect(await ended).toStrictEqual([0, null]);
    expect(gateway.output()).toContain('"msg":"stopped"');
  });
});
