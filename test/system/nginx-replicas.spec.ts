import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { KEY_VARIABLES, SAMPLE_ID, useEmulator } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { startNginx } from '../support/nginx.js';
import { GATEWAY, type Program, startProgram } from '../support/programs.js';
import { freePort } from '../support/redis-server.js';

const nginxPath = findProgram('nginx');
const PATH = `/instances/${SAMPLE_ID}`;
/** How many clients send requests, each one after the other. */
const CLIENTS = 8;

describe.skipIf(nginxPath === undefined)('two gateways behind the nginx site', () => {
  const upstream = useEmulator();

  /** A gateway that keeps its port when it is started again. */
  class Replica {
    private program!: Program;

    constructor(
      private readonly port: number,
      private readonly variables: Record<string, string>,
    ) {}

    get url(): string {
      return `http://127.0.0.1:${this.port}`;
    }

    async start(): Promise<void> {
      this.program = startProgram([GATEWAY], {
        PORT: String(this.port),
        OUTBOUNDBOT_PROTOCOL: 'http',
        OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint,
        ...KEY_VARIABLES,
        AUTH_MODE: 'none',
        TRUST_PROXY: 'loopback',
        RATE_LIMIT_REQUESTS: '0',
        SHUTDOWN_DRAIN_MS: '300',
        LOG_LEVEL: 'warn',
        ...this.variables,
      });
      await expect.poll(() => isReady(this.url)).toBe(true);
    }

    async stop(): Promise<void> {
      this.send('SIGTERM');
      expect(await this.program.ended).toBe(0);
    }

    kill(): Promise<void> {
      return this.program.kill();
    }

    send(signal: NodeJS.Signals): void {
      this.program.child.kill(signal);
    }
  }

  async function startSite(variables: Record<string, string> = {}) {
    const replicas = [
      new Replica(await freePort(), variables),
      new Replica(await freePort(), variables),
    ] as const;
    onTestFinished(async () => {
      for (const replica of replicas) await replica.kill();
    });
    await Promise.all(replicas.map((replica) => replica.start()));
    const nginx = await startNginx(
      nginxPath ?? '',
      replicas.map(({ url }) => url),
    );
    onTestFinished(() => nginx.stop());
    return { replicas, url: nginx.url };
  }

  it('fail no request while the gateways are restarted one after the other', async () => {
    const { replicas, url } = await startSite();
    const load = startLoad(url);
    for (const replica of replicas) {
      await load.makeProgress();
      await replica.stop();
      await load.makeProgress();
      await replica.start();
    }
    await load.makeProgress();
    expect(await load.stop()).toStrictEqual([]);
  }, 60_000);

  it('fail no request while the gateways are killed with SIGKILL one after the other', async () => {
    const { replicas, url } = await startSite();
    const load = startLoad(url);
    for (const replica of replicas) {
      await load.makeProgress();
      await replica.kill();
      await load.makeProgress();
      await replica.start();
    }
    await load.makeProgress();
    expect(await load.stop()).toStrictEqual([]);
  }, 60_000);

  it('are ready together while one of them stops, and not while both do', async () => {
    const { replicas, url } = await startSite({ SHUTDOWN_DRAIN_MS: '20000' });
    const ask = () => Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/health/ready`)));
    for (const [stopping, wanted] of [
      [replicas[0], [200]],
      [replicas[1], [503]],
    ] as const) {
      stopping.send('SIGTERM');
      await expect.poll(() => isReady(stopping.url)).toBe(false);
      const answers = await ask();
      expect([...new Set(answers.map(({ status }) => status))]).toStrictEqual(wanted);
      for (const answer of answers) expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    }
  }, 60_000);

  it('answer all requests while one gateway hangs, and only few of them late', async () => {
    const { replicas, url } = await startSite();
    const load = startLoad(url);
    await load.makeProgress();
    replicas[0].send('SIGSTOP');
    // The requests that hang occupy some clients; the others go on. If each gateway got every second request, all clients
    // would soon wait for `proxy_read_timeout`, 7 seconds.
    await load.makeProgress(200, 5000);
    expect(await load.stop()).toStrictEqual([]);
  }, 60_000);
});

describe.skipIf(nginxPath === undefined)(
  'the nginx site in front of servers that close the connection',
  () => {
    /** A server that takes a whole request, counts it, and closes the connection without an answer. */
    async function startClosingServer() {
      const methods: string[] = [];
      const server = createHttpServer((request) => {
        methods.push(request.method ?? '');
        request.resume().on('end', () => request.socket.destroy());
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      onTestFinished(() => void server.close());
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, methods };
    }

    it('sends a GET to the next server, but not a POST', async () => {
      const servers = [await startClosingServer(), await startClosingServer()];
      const nginx = await startNginx(
        nginxPath ?? '',
        servers.map(({ url }) => url),
      );
      onTestFinished(() => nginx.stop());
      const received = () => servers.flatMap(({ methods }) => methods.splice(0));
      received();
      expect((await fetch(`${nginx.url}${PATH}`)).status).toBe(503);
      expect(received()).toStrictEqual(['GET', 'GET']);
      expect((await fetch(`${nginx.url}${PATH}`, { method: 'POST', body: 'x' })).status).toBe(503);
      expect(received()).toStrictEqual(['POST']);
    });

    it('sends a POST to the next server if the first one cannot be reached', async () => {
      const unreachable = createServer().listen(0, '127.0.0.1');
      await once(unreachable, 'listening');
      const { port } = unreachable.address() as AddressInfo;
      unreachable.close();
      const server = createHttpServer((_request, response) => response.writeHead(405).end());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      onTestFinished(() => void server.close());
      const other = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const nginx = await startNginx(nginxPath ?? '', [`http://127.0.0.1:${port}`, other]);
      onTestFinished(() => nginx.stop());
      for (let n = 0; n < 4; n += 1)
        expect((await fetch(`${nginx.url}${PATH}`, { method: 'POST', body: 'x' })).status).toBe(405);
    });
  },
);

/** Sends requests until it is stopped. With a credential, nginx serves none of them from its cache. */
function startLoad(url: string) {
  const failures: string[] = [];
  const state = { answers: 0, stopped: false };
  const client = async (): Promise<void> => {
    while (!state.stopped) {
      try {
        // The limits of nginx count by address.
        const address = `192.0.2.${state.answers % 250}`;
        const headers = { 'x-api-key': 'any', 'x-test-address': address };
        const response = await fetch(`${url}${PATH}`, { headers });
        const body = await response.text();
        if (response.status !== 200 || !body.includes(SAMPLE_ID)) failures.push(`${response.status} ${body}`);
      } catch (error) {
        failures.push(String(error));
      }
      state.answers += 1;
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  return {
    /** Resolves after this many more answers. */
    makeProgress: async (count = 200, timeout = 10_000): Promise<void> => {
      const goal = state.answers + count;
      await expect.poll(() => state.answers, { timeout }).toBeGreaterThan(goal);
    },
    /** Resolves with the failures when all requests are answered. */
    stop: async (): Promise<string[]> => {
      state.stopped = true;
      await Promise.all(clients);
      return failures;
    },
  };
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}
