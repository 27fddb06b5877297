import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { format, resolveConfig } from 'prettier';

import { barChart } from './chart.mjs';
import { number, percent, spreadText, table } from './format.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { CONTENDERS, GATEWAY } from './servers.mjs';
import { targets } from './targets.mjs';

const DOCS = new URL('../docs/', import.meta.url);
const PAGE = fileURLToPath(new URL('benchmarks.md', DOCS));

const CHARTS = {
  'hot-hit': 'Hot hit: requests a second',
  uncached: 'Uncached: requests a second',
};

/** Writes the charts, and writes the figures into docs/benchmarks.md. */
export async function writeReport(results, machine) {
  for (const [scenario, title] of Object.entries(CHARTS)) {
    const bars = results[scenario].map(({ contender, rps }) => ({
      label: CONTENDERS[contender].title,
      isOwn: contender.startsWith('gateway'),
      ...rps,
    }));
    const note = 'One core for the server. Bars are medians, lines go from the lowest round to the highest.';
    writeFileSync(
      new URL(`images/bench-${scenario}.svg`, DOCS),
      barChart({ title, note, format: number, bars }),
    );
  }
  const charts = Object.entries(CHARTS).map(
    ([scenario, title]) => `![${title}](images/bench-${scenario}.svg)`,
  );
  await writeFigures('figures', [figures(results, machine), ...charts].join('\n\n'));
}

/** Replaces the text between the two comments of this name in docs/benchmarks.md. */
export async function writeFigures(name, text) {
  const page = readFileSync(PAGE, 'utf8');
  const block = new RegExp(`(<!-- ${name}:begin -->)[\\s\\S]*(<!-- ${name}:end -->)`);
  if (!block.test(page)) throw new Error(`${PAGE} has lost the two comments that ${name} stand between.`);
  const newPage = page.replace(block, (_, begin, end) => `${begin}\n\n${text}\n\n${end}`);
  writeFileSync(PAGE, await format(newPage, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
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
    targets(results).join('\n'),
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
