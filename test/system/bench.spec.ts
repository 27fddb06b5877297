import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it, onTestFinished } from 'vitest';

import { BUILD } from '../support/programs.js';

interface LoadResult {
  readonly seconds: number;
  readonly requests: number;
  readonly ok: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly success: Readonly<Record<'p50' | 'p90' | 'p99' | 'p999' | 'max', number>>;
}

/** Runs the load client of the benchmark against a server with this listener. */
async function load(listener: RequestListener, job: object, maxRequestsPerSocket = 0): Promise<LoadResult> {
  return (await start(listener, job, maxRequestsPerSocket)).result;
}

/** As {@link load}, for a client that goes on after its result. */
async function start(listener: RequestListener, job: object, maxRequestsPerSocket = 0) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  server.maxRequestsPerSocket = maxRequestsPerSocket;
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const client = fork('bench/load-client.mjs');
  onTestFinished(() => {
    client.kill();
  });
  // Its first message says that it is ready.
  await once(client, 'message');
  client.send({ url: `http://127.0.0.1:${port}`, timeoutMs: 0, ...job });
  const [result] = await once(client, 'message');
  return { result: result as LoadResult, client };
}

it('at a fixed rate, the load client counts a stall for every request that was due in it', async () => {
  let requests = 0;
  const result = await load(
    (_request, response) => {
      requests += 1;
      setTimeout(() => response.end('{}'), requests === 20 ? 500 : 0);
    },
    // A request is due every 10 ms, so about 50 are due while one waits for its answer.
    { path: '/', ids: 1, rate: 100, count: 100, connections: 1 },
  );
  expect(requests).toBe(100);
  expect(result).toMatchObject({ requests: 100, ok: 100, statuses: { 200: 100 } });
  expect(result.success.max).toBeGreaterThanOrEqual(499);
  // A client that measures from the sending of a request would see only one slow request, and a p90 near 0.
  expect(result.success.p90).toBeGreaterThanOrEqual(300);
});

it('in a closed loop, the load client never has more open requests than connections', async () => {
  let underWay = 0;
  let most = 0;
  const paths = new Set<string>();
  const result = await load(
    (request, response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      paths.add(request.url ?? '');
      setTimeout(() => {
        underWay -= 1;
        response.statusCode = paths.size % 2 === 0 ? 200 : 500;
        response.end('{}');
      }, 5);
    },
    { path: '/instances/u', ids: 0, seconds: 0.3, connections: 3 },
  );
  expect(most).toBe(3);
  expect(paths.size).toBe(result.requests);
  expect((result.statuses['200'] ?? 0) + (result.statuses['500'] ?? 0)).toBe(result.requests);
  expect(result.ok).toBe(result.statuses['200']);
});

it('in a closed loop of so many requests, each number is requested once', async () => {
  const paths: string[] = [];
  const { requests } = await load(
    (request, response) => {
      paths.push(request.url ?? '');
      response.end('{}');
    },
    { path: '/', ids: 0, first: 30, count: 20, connections: 4 },
  );
  expect(requests).toBe(20);
  expect(paths.sort()).toStrictEqual(Array.from({ length: 20 }, (_, index) => `/${index + 30}`));
});

it('with a seed, the load client requests the same random numbers in each run', async () => {
  const run = async (seed: number) => {
    const seen: string[] = [];
    const listener: RequestListener = ({ url, headers }, response) => {
      seen.push([url, headers['x-api-key']].join(' '));
      response.end('{}');
    };
    const keys = { prefix: 'key-', count: 3 };
    await load(listener, { path: '/', ids: 5, seed, keys, count: 100, connections: 1 });
    return seen;
  };
  const seen = await run(7);
  expect(new Set(seen).size).toBe(15);
  for (const request of seen) expect(request).toMatch(/^\/[0-4] key-[0-2]$/);
  expect(await run(7)).toStrictEqual(seen);
  expect(await run(8)).not.toStrictEqual(seen);
});

it('the load client holds connections that each made one request', async () => {
  const requestsOf = new Map<unknown, number>();
  const listener: RequestListener = ({ socket }, response) => {
    requestsOf.set(socket, (requestsOf.get(socket) ?? 0) + 1);
    response.end('{}');
  };
  const { result, client } = await start(listener, {
    path: '/',
    ids: 1,
    rate: 0,
    count: 250,
    connections: 250,
    hold: true,
  });
  expect(result.ok).toBe(250);
  expect([...requestsOf.values()]).toStrictEqual(Array.from({ length: 250 }, () => 1));
  client.send({});
  const [held] = (await once(client, 'message')) as unknown[];
  expect(held).toStrictEqual({ open: 250 });
});

it('in a closed loop, the load client replaces the connections that the server closes', async () => {
  const result = await load(
    (_request, response) => response.end('{}'),
    { path: '/', ids: 1, seconds: 0.3, connections: 2 },
    3,
  );
  expect(result.ok).toBe(result.requests);
  expect(result.ok).toBeGreaterThan(2 * 3);
});

// The comparison reads processor time from /proc.
it.runIf(process.platform === 'linux').each(['uncached', 'list'])(
  'bench:compare prints the cost of a request in two builds, and the ratio: %s',
  async (scenario) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...[
        'bench/compare.mjs',
        join(BUILD, 'dist/gateway'),
        join(BUILD, 'dist/gateway'),
        scenario,
        '--rounds',
        '2',
        '--seconds',
        '0.2',
      ],
    ]);
    expect(stdout).toMatch(/^A \S+dist\/gateway: \d+\.\d \(.*\) µs a request$/m);
    expect(stdout).toMatch(/^B to A: \d\.\d{3} \(.*\)$/m);
  },
  60_000,
);

it('bench:compare rejects a folder without a gateway', async () => {
  const run = promisify(execFile)(process.execPath, [
    'bench/compare.mjs',
    join(BUILD, 'dist/gateway'),
    'docs',
  ]);
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/no main\.mjs in \S+docs/),
  });
});
