import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';

import { SAMPLE_ID, startStack } from '../support/gateway.js';
import { startMeasured } from '../support/measured-gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { type PrometheusServer, startPrometheus } from '../support/prometheus.js';
import { startRedisServer } from '../support/redis-server.js';
import { TraceCollector } from '../support/trace-collector.js';

const PATH = `/instances/${SAMPLE_ID}`;
const ALERTS = fileURLToPath(new URL('../../deploy/prometheus/alerts.yml', import.meta.url));

type Stack = Awaited<ReturnType<typeof startStack>>;

const promtool = findProgram('promtool');

describe.skipIf(promtool === undefined)('promtool', () => {
  it('accepts the metrics', async () => {
    const { stack, text } = await startMeasured();
    onTestFinished(() => stack.close());
    await stack.gateway.http.get(PATH).expect(200);
    const metrics = await text();
    // Throws, with the message of promtool, if promtool rejects the metrics.
    execFileSync(promtool!, ['check', 'metrics'], { input: metrics });
  });

  it.each([
    ['the configuration', ['check', 'config', 'prometheus.yml']],
    ['the alerts', ['check', 'rules', 'alerts.yml']],
    ['the tests of the alerts', ['test', 'rules', 'alerts.test.yml']],
    ['the tests over hours', ['test', 'rules', 'alerts-slow.test.yml']],
  ])(
    'accepts %s',
    async (_, args) => {
      const cwd = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));
      const said = await new Promise<string>((resolve) => {
        execFile(promtool!, args, { cwd }, (error, stdout, stderr) => {
          resolve(error ? stdout + stderr : '');
        });
      });
      expect(said).toBe('');
    },
    120_000,
  );
});

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
}

const rules = (
  parse(readFileSync(ALERTS, 'utf8')) as { groups: readonly { rules: readonly Rule[] }[] }
).groups.flatMap((group) => group.rules);

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
}

const dashboard = JSON.parse(
  readFileSync(new URL('../../deploy/grafana/dashboard.json', import.meta.url), 'utf8'),
) as { panels: readonly Panel[] };

/** A panel's expression, with the dashboard's variables filled in. */
const queryOf = (expr: string): string =>
  expr
    .replaceAll('$__rate_interval', '30s')
    .replaceAll('$job', 'outboundbot-gateway')
    .replaceAll('$instance', '.*');

const prometheusPath = findProgram('prometheus');
const redisPath = findProgram('redis-server');

describe.skipIf(prometheusPath === undefined || redisPath === undefined)('Prometheus', () => {
  let stack: Stack;
  let prometheus: PrometheusServer;
  beforeAll(async () => {
    const redis = await startRedisServer(redisPath!);
    const collector = await TraceCollector.start();
    const measured = await startMeasured({
      REDIS_URL: redis.url,
      CACHE_MIN_REVALIDATE_MS: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    });
    ({ stack } = measured);
    prometheus = await startPrometheus(prometheusPath!, `127.0.0.1:${measured.port}`, ALERTS);
    // A rate needs two scrapes, with requests between them.
    let asked = 0;
    const read = async (): Promise<void> => {
      asked += 1;
      // The kept list is now 1 ms old, which is too old for `no-cache`.
      stack.gateway.clock.advance(1);
      const { http } = stack.gateway;
      // One request is answered from memory, the other two need an upstream call.
      await Promise.all([
        http.get(PATH),
        http.get(`/instances/new-${asked}`),
        http.get('/instances').set('Cache-Control', 'no-cache'),
      ]);
    };
    await vi.waitUntil(
      async () => {
        await read();
        const rates = await Promise.all(
          [
            'readings_total{cache="hit"}',
            'upstream_attempt_duration_seconds_count{outcome="not-found"}',
            'upstream_attempt_duration_seconds_count{action="ListInstances", outcome="success"}',
          ].map((series) => prometheus.query(`rate(outboundbot_gateway_${series}[10s])`)),
        );
        return rates.every(([rate]) => rate !== undefined && rate.value > 0);
      },
      { timeout: 20_000, interval: 200 },
    );
    return async () => {
      await prometheus.stop();
      await stack.close();
      collector.close();
      await redis.stop();
    };
  }, 60_000);

  it('scrapes without an error', async () => {
    expect(await prometheus.targets()).toMatchObject([{ health: 'up', lastError: '' }]);
  });

  it('loads every rule, and no alert fires while the gateway is healthy', async () => {
    expect(await prometheus.rules()).toStrictEqual(rules.map(({ alert, record }) => alert ?? record));
    expect(await prometheus.query('ALERTS')).toStrictEqual([]);
  });

  it('has data for the expression of every rule', async () => {
    // A name with a colon is the result of another rule.
    const names = rules.flatMap(
      ({ expr }) => expr.match(/(?<![\w:])(?:outboundbot_gateway|nodejs|process)_\w+/g) ?? [],
    );
    for (const name of new Set(names)) {
      expect(await prometheus.query(`count(${name})`), name).toHaveLength(1);
    }
  });

  it.each(
    dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  )('has what the dashboard shows as "%s": %s', async (_, expr) => {
    const samples = await prometheus.query(queryOf(expr));
    expect(samples.some(({ value }) => Number.isFinite(value))).toBe(true);
  });

  it.each([
    ['route', ['/instances', '/instances/:id']],
    ['action', ['DescribeInstance', 'ListInstances']],
  ])('shows in every panel with a legend by %s a series for each of %j', async (label, values) => {
    const targets = dashboard.panels.flatMap((panel) => panel.targets ?? []);
    const labelled = targets.filter(({ legendFormat = '' }) => legendFormat.includes(`{{${label}}}`));
    expect(labelled).not.toHaveLength(0);
    for (const { expr } of labelled) {
      const samples = await prometheus.query(queryOf(expr));
      const shown = samples.filter(({ value }) => Number.isFinite(value)).map(({ metric }) => metric[label]);
      expect([...new Set(shown)].sort(), expr).toStrictEqual(values);
    }
  });
});
