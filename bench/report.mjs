import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { barChart } from './chart.mjs';
import { number, percent, spreadText } from './format.mjs';
import { table, writeBlock, writeChart } from './page.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { CONTENDERS, GATEWAY } from './servers.mjs';
import { TARGETS } from './targets.mjs';
import { verdicts } from './verdicts.mjs';

const CHARTS = {
  'hot-hit': 'Hot hit: requests a second',
  uncached: 'Uncached: requests a second',
};

/** Writes the charts, and writes the figures into docs/benchmarks.md. */
export async function writeReport(results, machine) {
  const charts = Object.entries(CHARTS).map(([scenario, title]) => {
    const bars = results[scenario].map(({ contender, rps }) => ({
      label: CONTENDERS[contender].title,
      isOwn: contender.startsWith('gateway'),
      ...rps,
    }));
    const note = 'One core for the server. Bars are medians, lines go from the lowest round to the highest.';
    return writeChart(scenario, title, barChart({ title, note, format: number, bars }));
  });
  await writeBlock('figures', [figures(results, machine), ...charts]);
}

/** The figures of all scenarios that were measured, in Markdown. */
export function figures(results, machine) {
  const rows = SCENARIOS.filter(({ kind }) => kind !== 'weight').flatMap(({ name, title }) =>
    (results[name] ?? []).map((row) => [
      title,
      CONTENDERS[row.contender].title,
      spreadText(row.rps),
      spreadText(row.success, percent),
      spreadText(row.p50),
      spreadText(row.p99),
      spreadText(row.lateMs),
      spreadText(row.cpuUs),
      spreadText(row.callsPerRequest),
    ]),
  );
  const heads = [
    '',
    '',
    'successes/s',
    'succeed',
    'p50 ms',
    'p99 ms',
    'client late ms',
    'CPU µs a request',
    'calls a request',
  ];
  return [
    machine,
    verdicts(TARGETS, results),
    ...(rows.length > 0 ? [table(heads, rows)] : []),
    ...weight(results),
  ].join('\n\n');
}

function weight({ weight: rows }) {
  if (!rows) return [];
  const sentences = rows.map(
    ({ contender, readyMs, rssMiB }) =>
      `${CONTENDERS[contender].title}: ready after ${spreadText(readyMs)} ms, idle at ${spreadText(rssMiB)} MiB.`,
  );
  const bytes = readdirSync(GATEWAY, { recursive: true })
    .map((path) => lstatSync(join(GATEWAY, path)))
    .reduce((sum, info) => sum + (info.isFile() ? info.size : 0), 0);
  const [packages] = /\d+ packages/.exec(readFileSync(join(GATEWAY, 'LICENSES.txt'), 'utf8'));
  return [
    `${sentences.join(' ')} A production install is one folder of ${number(bytes / 2 ** 20)} MiB with code of ${packages}.`,
  ];
}
