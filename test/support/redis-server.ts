import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real redis-server for one test file, which a test can pause or kill. It writes nothing to disk. */
export interface RedisServer {
  readonly port: number;
  /** The URL without a password, even if the server requires one. */
  readonly url: string;
  /** Pauses the process: it still accepts connections, but answers no command. */
  pause(): void;
  /** Continues a paused process, which then answers the commands that arrived meanwhile. */
  resume(): void;
  /** Kills the process; its port then refuses connections. Resolves when it has ended. */
  kill(): Promise<void>;
  /**
   * Starts redis-server again on the same port, without data. A running process is killed first. Resolves when
   * redis-server accepts connections.
   */
  restart(): Promise<void>;
  /** Kills the process, paused or not, and deletes its folder. */
  stop(): Promise<void>;
}

/**
 * @param program the path of redis-server, from `findProgram('redis-server')`
 * @param args further options, such as `['--requirepass', 'secret']`
 */
export async function startRedisServer(program: string, args: readonly string[] = []): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-server-'));
  const port = await freePort();
  const start = (): Promise<ChildProcess> =>
    launch(program, [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no', ...args],
    ]);
  let child = await start();

  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    kill,
    restart: async () => {
      await kill();
      child = await start();
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Starts redis-server. Resolves when it accepts connections.
 *
 * @param ready the line that it then writes
 */
export function launch(
  program: string,
  args: readonly string[],
  ready = 'Ready to accept connections',
): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  // A paused server would go on running after the tests.
  const killAtExit = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killAtExit);
  child.once('close', () => process.removeListener('exit', killAtExit));

  return new Promise((resolve, reject) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes(ready)) resolve(child);
      });
    }
    child.once('error', reject);
    child.once('close', () => {
      reject(new Error(`redis-server ended before it was ready:\n${output}`));
    });
  });
}

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
