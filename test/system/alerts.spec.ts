import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, it, type TestContext, vi } from 'vitest';

import { startEmulator } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { KEY_VARIABLES, SAMPLE_ID } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { GATEWAY, type Program, startProgram } from '../support/programs.js';
import { type PrometheusServer, startPrometheus } from '../support/prometheus.js';
import { freePort } from '../support/redis-server.js';

/** One second of these tests stands for so many seconds: every duration in the rules is divided by this number. */
const SCALE = 7.5;
/** A scrape every 15 seconds. */
const INTERVAL_S = 15 / SCALE;
/** What operators are promised. */
const TWO_MINUTES_MS = 120_000 / SCALE;

const DURATION = /(?<=\[|for: )(\d+)([smh])(?=]|$)/gm;
const SECONDS = { s: 1, m: 60, h: 3600 };

/** The rules with every range and every `for` divided by `SCALE`. */
function scaled(rules: string): string {
  return rules.replaceAll(
    DURATION,
    (_, count: string, unit: keyof typeof SECONDS) => `${(Number(count) * SECONDS[unit]) / SCALE}s`,
  );
}

const prometheusPath = findProgram('prometheus');

/**
 * Proves that the metrics of a real gateway, scraped by a real Prometheus, make the alerts fire in time. The promtool
 * tests in deploy/prometheus prove the same, and when no alert fires, for exact series in real time: with an hour of
 * success before, which these tests do not wait for.
 */
describe.skipIf(prometheusPath === undefined)(
  'Prometheus pages within two minutes',
  { concurrent: true },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'alerts-'));
    const rules = join(folder, 'alerts.yml');
    writeFileSync(
      rules,
      scaled(readFileSync(new URL('../../deploy/prometheus/alerts.yml', import.meta.url), 'utf8')),
    );
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    async function setUp({ onTestFinished }: TestContext, variables: Record<string, string> = {}) {
      const emulator = await startEmulator({ port: 0 });
      onTestFinished(() => emulator.close());
      const [port, metricsPort] = [await freePort(), await freePort()];
      const start = (more: Record<string, string> = {}): Program => {
        const gateway = startProgram([GATEWAY], {
          ...KEY_VARIABLES,
          PORT: String(port),
          METRICS_PORT: String(metricsPort),
          OUTBOUNDBOT_ENDPOINT: new URL(emulator.url).host,
          OUTBOUNDBOT_PROTOCOL: 'http',
          LOG_LEVEL: 'info',
          RATE_LIMIT_REQUESTS: '0',
          SHUTDOWN_DRAIN_MS: '0',
          ...variables,
          ...more,
        });
        onTestFinished(() => gateway.kill());
        return gateway;
      };
      const prometheus = await startPrometheus(
        prometheusPath!,
        `127.0.0.1:${metricsPort}`,
        rules,
        INTERVAL_S,
      );
      onTestFinished(() => prometheus.stop());
      // Each id is read once, so each request needs the service.
      let read = 0;
      const load = setInterval(() => {
        read += 1;
        const id = read % 2 === 0 ? SAMPLE_ID : `unknown-${read}`;
        void fetch(`http://127.0.0.1:${port}/instances/${id}`).catch(() => undefined);
      }, 20);
      onTestFinished(() => {
        clearInterval(load);
      });
      return { emulator, start, prometheus };
    }

    /** Waits until the gateway has been scraped a few times, and no alert is active. */
    async function untilWell({ expect }: TestContext, prometheus: PrometheusServer): Promise<void> {
      await vi.waitUntil(
        async () => {
          const [scrapes] = await prometheus.query(`count_over_time((up == 1)[${10 * INTERVAL_S}s:1s])`);
          return scrapes !== undefined && scrapes.value >= 4;
        },
        { timeout: 60_000, interval: 200 },
      );
      expect(await prometheus.query('ALERTS{alertname!="GatewayDown"}')).toStrictEqual([]);
    }

    /** Waits until the alert pages, and returns how long that took, in milliseconds. */
    async function untilPaged(prometheus: PrometheusServer, alert: string): Promise<number> {
      const startedAt = performance.now();
      await vi.waitUntil(
        async () =>
          (await prometheus.query(`ALERTS{alertname="${alert}", alertstate="firing", severity="page"}`))
            .length > 0,
        { timeout: 60_000, interval: 100 },
      );
      return performance.now() - startedAt;
    }

    it('for a refused key', async (context) => {
      const { start, prometheus } = await setUp(context);
      const gateway = start();
      await untilWell(context, prometheus);
      await gateway.kill();
      start({ ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'a-wrong-secret' });
      context.expect(await untilPaged(prometheus, 'UpstreamRefusesUs')).toBeLessThan(TWO_MINUTES_MS);
    }, 180_000);

    it('for a crash loop', async (context) => {
      const { start, prometheus } = await setUp(context);
      let gateway = start();
      await untilWell(context, prometheus);
      const paged = untilPaged(prometheus, 'GatewayCrashLoop');
      for (let restarts = 0; restarts < 3; restarts += 1) {
        await gateway.kill();
        gateway = start();
        await gateway.says(/"msg":"ready"/);
        // Long enough for one scrape.
        await new Promise((resolve) => setTimeout(resolve, 1000 * INTERVAL_S));
      }
      context.expect(await paged).toBeLessThan(TWO_MINUTES_MS);
    }, 180_000);

    it('for a service that does not answer', async (context) => {
      const { emulator, start, prometheus } = await setUp(context, { CACHE_STALE_IF_ERROR_MS: '0' });
      start();
      await untilWell(context, prometheus);
      await emulator.close();
      context.expect(await untilPaged(prometheus, 'GatewayErrors')).toBeLessThan(TWO_MINUTES_MS);
    }, 180_000);

    it('for a gateway that is gone', async (context) => {
      const { start, prometheus } = await setUp(context);
      const gateway = start();
      await untilWell(context, prometheus);
      await gateway.kill();
      context.expect(await untilPaged(prometheus, 'GatewayDown')).toBeLessThan(TWO_MINUTES_MS);
    }, 180_000);
  },
);
