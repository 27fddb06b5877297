import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';

import { KEY_VARIABLES, SAMPLE_ID, startStack, UNCACHED } from './support/gateway.js';
import { findProgram } from './support/missing-programs.js';
import { GATEWAY, startProgram } from './support/programs.js';
import { type PrometheusServer, startPrometheus } from './support/prometheus.js';
import { sendRaw } from './support/raw-http.js';
import { freePort, startRedisServer } from './support/redis-server.js';

type Stack = Awaited<ReturnType<typeof startStack>>;

const PATH = `/instances/${SAMPLE_ID}`;
const ALERTS = fileURLToPath(new URL('../deploy/prometheus/alerts.yml', import.meta.url));

/** A gateway with metrics, and a look at them. */
async function startMeasured(variables: Record<string, string> = {}) {
  const port = await freePort();
  const stack = await startStack({ METRICS_PORT: String(port), ...variables });
  const text = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return {
    stack,
    port,
    text,
    /** The value of a series; undefined if there is none. */
    value: async (series: string): Promise<number | undefined> => {
      const line = (await text())
        .split('\n')
        .find((line) => line.startsWith(`outboundbot_gateway_${series} `));
      return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
    },
  };
}

describe('the metrics', () => {
  let measured: Awaited<ReturnType<typeof startMeasured>>;
  let stack: Stack;
  beforeEach(async () => {
    measured = await startMeasured();
    ({ stack } = measured);
    return () => stack.close();
  });

  const expectSeries = (series: string, value: number) =>
    expect.poll(() => measured.value(series), { message: series }).toBe(value);

  it('count and time requests by route template, method and status', async () => {
    await stack.gateway.http.get(PATH).expect(200);
    await stack.gateway.http.head(PATH).expect(200);
    await stack.gateway.http.get('/instances/missing').expect(404);
    await stack.gateway.http.get('/nowhere/at/all').expect(404);
    await stack.gateway.http.delete(PATH).expect(405);
    const count = (labels: string, value: number) =>
      expectSeries(`request_duration_seconds_count{${labels}}`, value);
    await count('route="/instances/:id",method="GET",status="200"', 1);
    await count('route="/instances/:id",method="HEAD",status="200"', 1);
    await count('route="/instances/:id",method="GET",status="404"', 1);
    await count('route="none",method="GET",status="404"', 1);
    await count('route="none",method="other",status="405"', 1);
  });

  it('count what was answered without a route, too', async () => {
    await sendRaw(stack.gateway.url, 'CANARY\r\n\r\n');
    await expectSeries('problems_total{code="invalid-request"}', 1);
    await sendRaw(stack.gateway.url, 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await expectSeries('problems_total{code="invalid-request"}', 2);
  });

  it('count callers who left before their answer', async () => {
    stack.emulator.faults.add({ kind: 'latency', ms: 500 });
    const caller = new AbortController();
    const request = fetch(`${stack.gateway.url}${PATH}`, { signal: caller.signal });
    await expect.poll(() => stack.emulator.calls.count()).toBe(1);
    await expectSeries('requests_in_flight', 1);
    await expectSeries('upstream_calls_in_flight', 1);
    caller.abort();
    await expect(request).rejects.toThrow();
    await expectSeries(
      'request_duration_seconds_count{route="/instances/:id",method="GET",status="aborted"}',
      1,
    );
    await expectSeries('requests_in_flight', 0);
  });

  it('tell where answers came from', async () => {
    const source = (cache: string, value: number) => expectSeries(`readings_total{cache="${cache}"}`, value);
    stack.emulator.faults.add({ kind: 'latency', ms: 50, times: 1 });
    await Promise.all([stack.gateway.http.get(PATH), stack.gateway.http.get(PATH)]);
    await source('miss', 1);
    await source('collapsed', 1);
    await stack.gateway.http.get(PATH).expect(200);
    await source('hit', 1);
    stack.gateway.clock.advance(10_000);
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', times: 100 });
    await stack.gateway.http.get(PATH).expect(200);
    await source('stale', 1);
    await expectSeries(
      'upstream_attempt_duration_seconds_count{action="DescribeInstance",outcome="failed"}',
      3,
    );
    // The refresh has failed, and the next one waits.
    await stack.gateway.http.get(PATH).expect(200);
    await source('stale-on-error', 1);
    stack.gateway.clock.advance(60_000);
    await stack.gateway.http.get(PATH).expect(200);
    await source('stale-on-error', 2);
  });

  it('tell of each call of the service, and of retries', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', times: 2 });
    await stack.gateway.http.get(PATH).expect(200);
    const calls = (outcome: string, value: number) =>
      expectSeries(
        `upstream_attempt_duration_seconds_count{action="DescribeInstance",outcome="${outcome}"}`,
        value,
      );
    await calls('failed', 2);
    await calls('success', 1);
    await calls('refused', 0);
    await expectSeries('upstream_retries_total{budget="spent"}', 2);
    await expectSeries('upstream_retries_total{budget="denied"}', 0);
    stack.emulator.faults.add({ kind: 'error', code: 'SignatureDoesNotMatch' });
    await stack.gateway.http.get('/instances/other').expect(502);
    await calls('refused', 1);
    await expectSeries('problems_total{code="upstream-refused"}', 1);
  });

  it('have as many series for 60 ids and callers as for one', async () => {
    const series = async (): Promise<number> =>
      (await measured.text()).split('\n').filter((line) => line.startsWith('outboundbot_gateway_')).length;
    const read = (id: number, method: 'get' | 'head') =>
      stack.gateway.http[method](`/instances/id-${id}`)
        .set('x-request-id', `request-${id}`)
        .set('x-forwarded-for', `10.0.0.${id}`);
    await read(0, 'get').expect(404);
    await expectSeries('request_duration_seconds_count{route="/instances/:id",method="GET",status="404"}', 1);
    const before = await series();
    for (let id = 1; id <= 60; id += 1) await read(id, 'get').expect(404);
    await expectSeries(
      'request_duration_seconds_count{route="/instances/:id",method="GET",status="404"}',
      61,
    );
    expect(await series()).toBe(before);
    expect(await measured.text()).not.toMatch(/id-\d|10\.0\.0|request-\d/);
  });

  it('are on a port of their own, which serves nothing else', async () => {
    await stack.gateway.http.get('/metrics').expect(404);
    const url = `http://127.0.0.1:${measured.port}`;
    const response = await fetch(`${url}/metrics?name=x`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect(await response.clone().text()).toContain(`\n${name} `);
    expect((await fetch(`${url}/metrics`, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${url}${PATH}`)).status).toBe(404);
  });

  it('do not pile up for who asks and reads nothing', async () => {
    const answers = (await measured.text()).length;
    const asking = connect(measured.port, '127.0.0.1');
    asking.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(400));
    let received = 0;
    asking.on('data', (chunk: Buffer) => (received += chunk.length));
    await once(asking, 'close');
    expect(received).toBeLessThan(2 * answers + 400 * 300);
    expect(await measured.text()).toContain('process_cpu');
  });

  it('end with the gateway', async () => {
    // On a connection that is kept.
    await measured.text();
    await stack.gateway.close();
    await expect(measured.text()).rejects.toThrow();
    // `stack.close` may close it again.
  });
});

it('tell of the breaker, and of what it kept from the service', async () => {
  const measured = await startMeasured({
    ...UNCACHED,
    UPSTREAM_BREAKER_FAILURE_RATIO: '0.5',
    UPSTREAM_BREAKER_MIN_REQUESTS: '2',
    UPSTREAM_MAX_ATTEMPTS: '1',
  });
  onTestFinished(() => measured.stack.close());
  const { gateway, emulator } = measured.stack;
  expect(await measured.value('upstream_breaker_state{state="closed"}')).toBe(1);
  emulator.faults.add({ kind: 'error', code: 'InternalError', times: 2 });
  for (let i = 0; i < 3; i += 1) await gateway.http.get(PATH);
  expect(await measured.value('upstream_breaker_state{state="closed"}')).toBe(0);
  expect(await measured.value('upstream_breaker_state{state="open"}')).toBe(1);
  expect(await measured.value('upstream_rejections_total{policy="breaker"}')).toBe(1);
  gateway.clock.advance(6000);
  expect(await measured.value('upstream_breaker_state{state="half-open"}')).toBe(1);
});

it('tell what the retry budget refused', async () => {
  const measured = await startMeasured({ ...UNCACHED, UPSTREAM_RETRY_BUDGET_RATIO: '0' });
  onTestFinished(() => measured.stack.close());
  measured.stack.emulator.faults.add({ kind: 'error', code: 'InternalError', times: 1000 });
  for (let i = 0; i < 52; i += 1) await measured.stack.gateway.http.get(PATH);
  expect(await measured.value('upstream_retries_total{budget="spent"}')).toBe(100);
  expect(await measured.value('upstream_retries_total{budget="denied"}')).toBe(2);
});

it('tell what found no place', async () => {
  const measured = await startMeasured({
    ...UNCACHED,
    UPSTREAM_MAX_CONCURRENCY: '1',
    UPSTREAM_MAX_QUEUE: '1',
  });
  onTestFinished(() => measured.stack.close());
  const { gateway, emulator } = measured.stack;
  emulator.faults.add({ kind: 'latency', ms: 300, times: 2 });
  const readings = ['a', 'b'].map((id) => fetch(`${gateway.url}/instances/${id}`));
  await expect.poll(() => measured.value('upstream_calls_queued')).toBe(1);
  await gateway.http.get('/instances/c').expect(503);
  expect(await measured.value('upstream_rejections_total{policy="concurrency-limit"}')).toBe(1);
  await Promise.all(readings);
});

describe('the port of the metrics', () => {
  const taken = createServer();
  beforeAll(async () => {
    await once(
      taken.listen(9464, '127.0.0.1').on('error', () => taken.emit('listening')),
      'listening',
    );
  });
  afterAll(() => {
    taken.close();
  });
  const start = (variables: Record<string, string>) => {
    const program = startProgram([GATEWAY], {
      ...{ PORT: '0', OUTBOUNDBOT_ENDPOINT: '127.0.0.1:1', OUTBOUNDBOT_PROTOCOL: 'http' },
      ...KEY_VARIABLES,
      ...variables,
    });
    onTestFinished(() => program.kill());
    return program;
  };

  it('must be free if somebody asked for it', async () => {
    const program = start({ METRICS_PORT: '9464' });
    expect(await program.ended).toBe(1);
    expect(program.output()).toContain('METRICS_PORT');
    expect(program.output()).toContain('EADDRINUSE');
  });

  it('may be taken if nobody did: the gateway serves, and says what is missing', async () => {
    const program = start({ METRICS_PORT: '' });
    await program.says(/"msg":"ready"/);
    expect(program.output()).toContain('"msg":"no metrics: set METRICS_PORT to a free port"');
  });

  it('may be none', async () => {
    const program = start({ METRICS_PORT: '0' });
    await program.says(/"msg":"ready"/);
    expect(program.output()).not.toContain('metrics');
  });
});

const promtool = findProgram('promtool');

describe.skipIf(promtool === undefined)('promtool', () => {
  it('finds nothing wrong with the metrics', async () => {
    const { stack, text } = await startMeasured();
    onTestFinished(() => stack.close());
    await stack.gateway.http.get(PATH).expect(200);
    const metrics = await text();
    // It would throw, with what promtool says.
    execFileSync(promtool!, ['check', 'metrics'], { input: metrics });
  });

  it.each([
    ['the configuration', ['check', 'config', 'prometheus.yml']],
    ['the alerts', ['check', 'rules', 'alerts.yml']],
    ['when the alerts come', ['test', 'rules', 'alerts.test.yml']],
  ])('agrees with %s', async (_, args) => {
    const cwd = fileURLToPath(new URL('../deploy/prometheus/', import.meta.url));
    const said = await new Promise<string>((resolve) => {
      execFile(promtool!, args, { cwd }, (error, stdout, stderr) => {
        resolve(error ? stdout + stderr : '');
      });
    });
    expect(said).toBe('');
  });
});

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(
  readFileSync(new URL('../deploy/grafana/dashboard.json', import.meta.url), 'utf8'),
) as { panels: readonly Panel[] };

const prometheusPath = findProgram('prometheus');
const redisPath = findProgram('redis-server');

describe.skipIf(prometheusPath === undefined || redisPath === undefined)('Prometheus', () => {
  let stack: Stack;
  let prometheus: PrometheusServer;
  beforeAll(async () => {
    const redis = await startRedisServer(redisPath!);
    const measured = await startMeasured({ REDIS_URL: redis.url });
    ({ stack } = measured);
    prometheus = await startPrometheus(prometheusPath!, `127.0.0.1:${measured.port}`, ALERTS);
    // Rates need two scrapes, with something between them.
    let asked = 0;
    const read = async (): Promise<void> => {
      asked += 1;
      // One from memory, and one that has to be asked for.
      await Promise.all([PATH, `/instances/new-${asked}`].map((path) => stack.gateway.http.get(path)));
    };
    await vi.waitUntil(
      async () => {
        await read();
        const rates = await Promise.all(
          ['readings_total{cache="hit"}', 'upstream_attempt_duration_seconds_count{outcome="not-found"}'].map(
            (series) => prometheus.query(`rate(outboundbot_gateway_${series}[10s])`),
          ),
        );
        return rates.every(([rate]) => rate !== undefined && rate.value > 0);
      },
      { timeout: 20_000, interval: 200 },
    );
    return async () => {
      await prometheus.stop();
      await stack.close();
      await redis.stop();
    };
  }, 60_000);

  it('scrapes without a complaint', async () => {
    expect(await prometheus.targets()).toMatchObject([{ health: 'up', lastError: '' }]);
  });

  it('has loaded every alert, and none comes while nothing is wrong', async () => {
    const { groups } = parse(readFileSync(ALERTS, 'utf8')) as { groups: { rules: { alert: string }[] }[] };
    expect(await prometheus.rules()).toStrictEqual(
      groups.flatMap(({ rules }) => rules.map(({ alert }) => alert)),
    );
    expect(await prometheus.query('ALERTS')).toStrictEqual([]);
  });

  it('has what every alert asks about', async () => {
    const { groups } = parse(readFileSync(ALERTS, 'utf8')) as { groups: { rules: { expr: string }[] }[] };
    const names = groups.flatMap(({ rules }) =>
      rules.flatMap(({ expr }) => expr.match(/\b(?:outboundbot_gateway|nodejs)_\w+/g) ?? []),
    );
    for (const name of new Set(names)) {
      expect(await prometheus.query(`count(${name})`), name).toHaveLength(1);
    }
  });

  it.each(
    dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  )('has what the dashboard shows as "%s": %s', async (_, expr) => {
    const query = expr
      .replaceAll('$__rate_interval', '30s')
      .replaceAll('$job', 'outboundbot-gateway')
      .replaceAll('$instance', '.*');
    const samples = await prometheus.query(query);
    expect(samples.some(({ value }) => Number.isFinite(value))).toBe(true);
  });
});
