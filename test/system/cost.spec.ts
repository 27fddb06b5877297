import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { FILES, KEY_VARIABLES, SAMPLE_ID, useEmulator } from '../support/gateway.js';
import { GATEWAY, packagesIn, type Program, startProgram } from '../support/programs.js';
import { sendRaw } from '../support/raw-http.js';

/**
 * The cost of a request and of a start, in figures that do not change on a busy machine. Each limit is a fifth above
 * the last count. If a figure exceeds its limit, find the cause. Raise the limit only if the cause is worth the cost.
 */
const LIMITS = {
  scriptBytesAtStart: 3_770_000,
  headersOfAHit: 14,
  headBytesOfAHit: 610,
  heapBytesOfAHit: 31_000,
  promisesOfAHit: 22,
  heapBytesOfAMiss: 83_000,
  promisesOfAMiss: 54,
};

describe('the cost', () => {
  const upstream = useEmulator();

  async function start(
    variables: Record<string, string> = {},
    flags: readonly string[] = [],
  ): Promise<{ program: Program; url: string }> {
    const program = startProgram([...flags, GATEWAY], {
      PORT: '0',
      OUTBOUNDBOT_ENDPOINT: upstream.emulator.endpoint,
      OUTBOUNDBOT_PROTOCOL: 'http',
      RATE_LIMIT_REQUESTS: '0',
      SHUTDOWN_DRAIN_MS: '0',
      UPSTREAM_BACKOFF_BASE_MS: '1',
      // No entry expires during a test.
      CACHE_FRESH_MS: '600000',
      ...KEY_VARIABLES,
      ...variables,
    });
    onTestFinished(() => program.kill());
    const [, url = ''] = await program.says(/"url":"(http:[^"]+)","msg":"ready"/);
    return { program, url };
  }

  /** The scripts that the gateway has loaded by the time it is ready. */
  async function scriptsAtStart(variables: Record<string, string> = {}): Promise<URL[]> {
    const folder = mkdtempSync(join(tmpdir(), 'scripts-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    // When Node ends, it writes the list of the scripts that it has loaded into this folder.
    const { program } = await start({ ...variables, NODE_V8_COVERAGE: folder });
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    const urls = readdirSync(folder).flatMap((file) => {
      const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
        result: { url: string }[];
      };
      return result.map(({ url }) => url).filter((url) => url.startsWith(FILES.href));
    });
    return [...new Set(urls)].map((url) => new URL(url));
  }

  it('of a start stays below the limit for bytes of script', async () => {
    const sizes = (await scriptsAtStart()).map((script) => statSync(script).size);
    expectAbout(
      sizes.reduce((sum, size) => sum + size, 0),
      LIMITS.scriptBytesAtStart,
    );
  });

  it('of a start does not include packages that only a setting or a rare request needs', async () => {
    const onRequest = ['ioredis', '@opentelemetry/sdk-trace', '@opentelemetry/exporter-trace-otlp-http'];
    const loaded = packagesIn(await scriptsAtStart());
    expect(loaded).toContain('@nestjs/core');
    for (const name of ['ioredis', 'yaml']) expect(loaded).not.toContain(name);
    // prom-client loads OpenTelemetry's API, which does nothing by itself.
    const ofOpenTelemetry = [...loaded].filter((name) => name.startsWith('@opentelemetry/'));
    expect(ofOpenTelemetry).toStrictEqual(['@opentelemetry/api']);

    const nowhere = '127.0.0.1:1';
    const asked = await scriptsAtStart({
      REDIS_URL: `redis://${nowhere}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${nowhere}`,
    });
    expect([...packagesIn(asked)]).toEqual(expect.arrayContaining(onRequest));
  });

  it('of requests is the fewest possible upstream calls', async () => {
    const { url } = await start();
    const ask = (id: string, init: RequestInit = {}): Promise<Response> =>
      fetch(`${url}/instances/${id}`, init);
    const count = async (requests: () => Promise<unknown>): Promise<number> => {
      const before = upstream.emulator.calls.count();
      await requests();
      return upstream.emulator.calls.count() - before;
    };

    expect(await count(() => Promise.all(Array.from({ length: 20 }, () => ask(SAMPLE_ID))))).toBe(1);
    const etag = (await ask(SAMPLE_ID)).headers.get('etag') ?? '';
    expect(await count(() => ask(SAMPLE_ID))).toBe(0);
    expect(await count(() => ask(SAMPLE_ID, { method: 'HEAD' }))).toBe(0);
    expect(await count(() => ask(SAMPLE_ID, { headers: { 'if-none-match': etag } }))).toBe(0);
    expect(await count(() => Promise.all([ask('missing'), ask('missing')]))).toBe(1);
    expect(await count(() => ask('not an id'))).toBe(0);
    upstream.emulator.faults.add({ kind: 'error', code: 'InternalError', instanceId: 'other', times: 2 });
    expect(await count(() => ask('other'))).toBe(3);
  });

  it('of a hit stays below the limits for headers and bytes', async () => {
    const { url } = await start();
    await fetch(`${url}/instances/${SAMPLE_ID}`);
    const answer = await sendRaw(
      url,
      `GET /instances/${SAMPLE_ID} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toContain('; hit; ');
    const head = answer.slice(0, answer.indexOf('\r\n\r\n'));
    expectAbout(head.split('\r\n').length - 1, LIMITS.headersOfAHit);
    expectAbout(head.length, LIMITS.headBytesOfAHit);
  });

  it.each([
    ['a hit', () => SAMPLE_ID, LIMITS.heapBytesOfAHit, LIMITS.promisesOfAHit],
    ['a miss', (n: number) => `cost-${n}`, LIMITS.heapBytesOfAMiss, LIMITS.promisesOfAMiss],
  ])(
    'of %s stays below the limits for bytes of garbage and for promises',
    async (_, idOf, bytes, promises) => {
      const requests = 500;
      const probe = fileURLToPath(new URL('../support/heap-probe.mjs', import.meta.url));
      // The young generation is so large that no garbage is collected during the measurement.
      const semiSpace = ['--min-semi-space-size=128', '--max-semi-space-size=128'];
      const { program, url } = await start({}, ['--expose-gc', `--import=${probe}`, ...semiSpace]);
      const used = async (round: number): Promise<number[]> => {
        program.child.kill('SIGUSR2');
        const [, ...figures] = await program.says(new RegExp(`used ${round}: (\\d+) bytes, (\\d+) promises`));
        return figures.map(Number);
      };
      for (let n = 0; n < 5 * requests; n += 1) upstream.emulator.instances.put({ InstanceId: idOf(n) });
      await ask(
        url,
        Array.from({ length: 3 * requests }, (_, n) => idOf(n)),
      );

      const [, promisesBefore = 0] = await used(1);
      const [, bytesBefore] = await program.says(/collected 1: (\d+) bytes/);
      await ask(
        url,
        Array.from({ length: requests }, (_, n) => idOf(3 * requests + n)),
      );
      const [bytesAfter = 0, promisesAfter = 0] = await used(2);
      expectAbout((bytesAfter - Number(bytesBefore)) / requests, bytes);
      expectAbout((promisesAfter - promisesBefore) / requests, promises);
    },
  );
});

/** Expects at most the limit, and more than half of it: if a value is lower, lower the limit too. */
function expectAbout(value: number, limit: number): void {
  expect(value).toBeLessThanOrEqual(limit);
  expect(value).toBeGreaterThan(limit / 2);
}

/** Requests these instances one after another over one kept-alive connection. */
async function ask(url: string, ids: readonly string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const id of ids) {
    await new Promise((resolve, reject) => {
      get(`${url}/instances/${id}`, { agent }, (response) => response.resume().once('end', resolve)).once(
        'error',
        reject,
      );
    });
  }
  agent.destroy();
}
