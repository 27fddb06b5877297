import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { describe, expect, it, onTestFinished } from 'vitest';

import { KEY_VARIABLES, SAMPLE_ID, useEmulator } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { BUILD, GATEWAY } from '../support/programs.js';
import { freePort } from '../support/redis-server.js';

/** More lines than the pipe and the buffer of the gateway hold. */
const TOO_MANY = 16_000;

interface Line {
  readonly msg: string;
  readonly lines?: number;
}

interface LoggingGateway {
  readonly child: ChildProcess;
  readonly port: number;
  readonly metricsPort: number;
  /** Reads the log until the gateway has ended, or until this text appears. */
  readLog(until?: string): Promise<Line[]>;
  readonly closeLog: () => void;
}

const mkfifo = findProgram('mkfifo');

describe('the log while its reader stalls', () => {
  const upstream = useEmulator();

  const variables = (): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'],
    PORT: '0',
    METRICS_PORT: '0',
    SHUTDOWN_DRAIN_MS: '0',
    RATE_LIMIT_REQUESTS: '0',
    OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint,
    OUTBOUNDBOT_PROTOCOL: 'http',
    ...KEY_VARIABLES,
  });

  /** Starts a gateway whose log is not read before `readLog`. */
  async function startLogging(output: 'pipe' | 'socket' | 'file'): Promise<LoggingGateway> {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-log-'));
    const path = join(folder, 'log');
    if (output === 'pipe') execFileSync(mkfifo!, [path]);
    const { O_RDONLY, O_NONBLOCK } = constants;
    const readEnd = output === 'pipe' ? openSync(path, O_RDONLY | O_NONBLOCK) : undefined;
    const stdout = output === 'socket' ? 'pipe' : openSync(path, 'w');
    const metricsPort = await freePort();
    const child = spawn(process.execPath, [GATEWAY], {
      cwd: BUILD,
      env: { ...variables(), METRICS_PORT: String(metricsPort) },
      stdio: ['ignore', stdout, 'inherit', 'ipc'],
    });
    if (typeof stdout === 'number') closeSync(stdout);
    onTestFinished(() => void child.kill('SIGKILL'));
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    const reader = (): Readable =>
      child.stdout ?? new Socket({ fd: readEnd!, readable: true, writable: false });
    return {
      child,
      metricsPort,
      port: Number(new URL(url).port),
      readLog: async (until) => {
        if (output === 'file') return linesOf(readFileSync(path, 'utf8'));
        const log = reader().setEncoding('utf8');
        let text = '';
        for await (const chunk of log) {
          text += String(chunk);
          if (until !== undefined && text.includes(until) && text.endsWith('\n')) break;
        }
        return linesOf(text);
      },
      closeLog: () => {
        closeSync(readEnd!);
      },
    };
  }

  const stalled = mkfifo ? (['pipe', 'socket'] as const) : (['socket'] as const);
  const read = [...stalled, 'file' as const];

  it.each(stalled)(
    'stops no answer, and a line says how many lines are missing when the reader of the %s goes on',
    async (output) => {
      const gateway = await startLogging(output);
      await sendRequests(gateway.port, TOO_MANY);
      const health = await fetch(`http://127.0.0.1:${gateway.port}/health/ready`);
      expect(health.status).toBe(200);
      const dropped = await droppedLines(gateway.metricsPort);
      expect(dropped).toBeGreaterThan(0);

      const lines = await gateway.readLog('log lines are missing here');
      expect(lines.filter(({ msg }) => msg === 'request')).toHaveLength(TOO_MANY + 1 - dropped);
      expect(lines.at(-1)).toMatchObject({ level: 'warn', lines: dropped });
      expect(await droppedLines(gateway.metricsPort)).toBe(dropped);
    },
  );

  it.each(stalled)('does not keep the gateway from ending on SIGTERM (%s)', async (output) => {
    const { child, port } = await startLogging(output);
    await sendRequests(port, TOO_MANY);
    const signalledAt = performance.now();
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toStrictEqual([0, null]);
    expect(performance.now() - signalledAt).toBeLessThan(5000);
  });

  it.each(read)('is complete in a %s after SIGTERM if it is read at the end', async (output) => {
    const REQUESTS = 5000;
    const gateway = await startLogging(output);
    await sendRequests(gateway.port, REQUESTS);
    const ended = once(gateway.child, 'exit');
    gateway.child.kill('SIGTERM');
    if (output === 'file') await ended;
    const lines = await gateway.readLog();
    expect(await ended).toStrictEqual([0, null]);
    expect(lines.filter(({ msg }) => msg === 'request')).toHaveLength(REQUESTS);
    expect(lines.at(-1)).toMatchObject({ msg: 'stopped' });
  });

  const script = findProgram('script');

  it.skipIf(script === undefined)('stops no answer when a terminal is paused', async () => {
    const port = await freePort();
    // The test does not read what `script` copies from the terminal.
    const terminal = spawn(
      script!,
      ['--quiet', '--return', '--command', `${process.execPath} ${GATEWAY}`, '/dev/null'],
      { cwd: BUILD, env: { ...variables(), PORT: String(port) }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void terminal.kill());
    const ready = (): Promise<number> =>
      fetch(`http://127.0.0.1:${port}/health/ready`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(ready).toBe(200);
    await sendRequests(port, 5000);
  });

  it.skipIf(mkfifo === undefined)('is lost, and nothing else, when its reader closes the pipe', async () => {
    const { child, port, closeLog } = await startLogging('pipe');
    closeLog();
    await sendRequests(port, 1000);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toStrictEqual([0, null]);
  });
});

/** Every line must be complete. */
function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/** Sends these requests on one connection. Rejects if one of them is not answered with 200. */
async function sendRequests(port: number, count: number): Promise<void> {
  const BATCH = 50;
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  // Each line of the log holds the ids.
  const ids = `X-Request-Id: ${'r'.repeat(128)}\r\ntraceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;
  const request = `GET /instances/${SAMPLE_ID} HTTP/1.1\r\nHost: gateway\r\n${ids}\r\n\r\n`;
  let answered = 0;
  let text = '';
  socket.write(request.repeat(BATCH));
  for await (const chunk of socket) {
    text += String(chunk);
    const answers = text.split('HTTP/1.1 ');
    if (answers.length <= BATCH || !answers.at(-1)?.endsWith('}')) continue;
    expect(answers.slice(1).filter((answer) => !answer.startsWith('200 '))).toStrictEqual([]);
    answered += BATCH;
    if (answered >= count) break;
    text = '';
    socket.write(request.repeat(BATCH));
  }
  expect(answered).toBe(count);
}

async function droppedLines(metricsPort: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return Number(/^outboundbot_gateway_log_lines_dropped_total (\d+)$/m.exec(metrics)?.[1]);
}
