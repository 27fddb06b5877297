import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { promisify } from 'node:util';

import { expect, it, onTestFinished } from 'vitest';

it('the benchmark’s client counts a stall for all who were due in it', async () => {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    setTimeout(() => response.end('{}'), requests === 20 ? 500 : 0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });

  const { port } = server.address() as { port: number };
  const job = {
    url: `http://127.0.0.1:${port}`,
    headers: {},
    connections: 1,
    settleMs: 0,
    timeoutMs: 0,
    spin: false,
    // One every 10 ms, so that some 50 are due while one is not answered.
    streams: [{ name: 'all', rate: 100, count: 100, path: '/', ids: 1 }],
  };
  const { stdout } = await promisify(execFile)(process.execPath, [
    'bench/clients/open-loop.mjs',
    JSON.stringify(job),
  ]);
  const { streams } = JSON.parse(stdout.replace('RESULT ', ''));
  expect(requests).toBe(100);
  expect(streams[0]).toMatchObject({ requests: 100, ok: 100, statuses: { 200: 100 } });
  expect(streams[0].all.max).toBeGreaterThanOrEqual(499);
  // A client that waits for the answer before it counts again would see one slow request, and this at almost 0.
  expect(streams[0].all.p90).toBeGreaterThanOrEqual(300);
});
