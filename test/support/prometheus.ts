import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from './redis-server.js';

/** One value of a query result, with its labels. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus server for one test file. */
export interface PrometheusServer {
  /** The result of an instant query at the current time. */
  query(expression: string): Promise<Sample[]>;
  /** The state of each scrape target. */
  targets(): Promise<{ health: string; lastError: string }[]>;
  /** The names of the loaded rules. */
  rules(): Promise<string[]>;
  stop(): Promise<void>;
}

/**
 * @param program the path of prometheus, from `findProgram('prometheus')`
 * @param target host and port to scrape
 * @param ruleFile the path of a rule file
 * @param intervalS seconds between two scrapes, and between two evaluations of the rules
 */
export async function startPrometheus(
  program: string,
  target: string,
  ruleFile: string,
  intervalS = 1,
): Promise<PrometheusServer> {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const config = join(folder, 'prometheus.yml');
  await writeFile(
    config,
    JSON.stringify({
      global: {
        scrape_interval: `${intervalS}s`,
        scrape_timeout: `${intervalS}s`,
        evaluation_interval: `${intervalS}s`,
      },
      rule_files: [ruleFile],
      scrape_configs: [{ job_name: 'outboundbot-gateway', static_configs: [{ targets: [target] }] }],
    }),
  );
  const port = await freePort();
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const closed = once(child, 'close');

  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== 'success') throw new Error(answer.error ?? 'Prometheus failed.');
    return answer.data;
  };
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}.`);
    const ready = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined);
    if (ready?.ok === true) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  return {
    query: async (expression) => {
      const { result } = await ask<{ result: { metric: Sample['metric']; value: [number, string] }[] }>(
        `query?query=${encodeURIComponent(expression)}`,
      );
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    targets: async () =>
      (await ask<{ activeTargets: { health: string; lastError: string }[] }>('targets')).activeTargets,
    rules: async () => {
      const { groups } = await ask<{ groups: { rules: { name: string }[] }[] }>('rules');
      return groups.flatMap(({ rules }) => rules.map(({ name }) => name));
    },
    stop: async () => {
      child.kill('SIGKILL');
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
