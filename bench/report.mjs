import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { format, resolveConfig } from 'prettier';

import { MAX_FIXED_RATE } from './capacity.mjs';
import { barChart } from './chart.mjs';
import { CONTENDERS } from './contenders.mjs';
import { headline } from './headline.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { ratioOf, ratios, rowOf } from './stats.mjs';
import { targets } from './targets.mjs';
import { percent, table, write, writeSpread } from './write.mjs';

const ROOT = new URL('..', import.meta.url);
const README_BLOCK = /(<!-- bench:begin -->)[\s\S]*(<!-- bench:end -->)/;

/** What each chart shows, for those who cannot see it. */
const CHARTS = {
  'hot-hit': 'Requests a second of a hot hit',
  latency: 'Latency of a hot hit at 80% of capacity',
  uncached: 'Requests a second of what nobody has asked for before',
  failures: 'Requests that succeed while the upstream is not well',
};

/** The chart that belongs to a scenario, besides those at the top. */
const CHART_OF = { 'hot-hit': 'latency', uncached: 'uncached' };

/** Of which scenarios, and of which of their requests, a chart shows the part that succeeds. */
const FAILURES = [
  ['internal-error', 'all', 'One in ten upstream calls fails'],
  ['outage', 'warm', 'Full outage, ids that were known before'],
  ['overload', 'all', 'Ten times what the upstream can serve; it lets calls wait'],
  ['throttled', 'all', 'Ten times what the upstream can serve; it refuses calls'],
];

const chartLink = (name, folder = 'images') => `![${CHARTS[name]}](${folder}/bench-${name}.svg)`;

/** Writes docs/benchmarks.md, the charts and the block in the README. */
export async function writeReport(results) {
  for (const [name, chart] of Object.entries(charts(results)))
    writeFileSync(new URL(`docs/images/bench-${name}.svg`, ROOT), chart);
  writeFileSync(new URL('docs/benchmarks.md', ROOT), await toMarkdown(results));
  const readme = fileURLToPath(new URL('README.md', ROOT));
  const text = readFileSync(readme, 'utf8');
  if (!README_BLOCK.test(text)) throw new Error('README.md has lost its place for the figures.');
  const block = `${headlineTable(results)}\n\n${chartLink('hot-hit', 'docs/images')}\n\nA figure is the median of its rounds, with the lowest and the highest behind it; [docs/benchmarks.md](docs/benchmarks.md) has the machine, the rest, and what none of it shows.`;
  writeFileSync(
    readme,
    await pretty(text.replace(README_BLOCK, (_, begin, end) => `${begin}\n\n${block}\n\n${end}`)),
  );
}

/** The report of a whole run, or of what there is of it. */
export async function toMarkdown(results) {
  const sections = SCENARIOS.filter(({ name }) => name in results.scenarios).map((scenario) =>
    section(scenario, results.scenarios[scenario.name]),
  );
  return pretty(
    [
      '# Benchmarks',
      'Written by `npm run bench`; do not edit. A figure is the median of its rounds, with the lowest and the highest behind it.',
      headlineTable(results),
      ...['hot-hit', 'failures'].map((name) => chartLink(name)),
      '## What was aimed at',
      table(['', 'aim', 'median', 'reached'], targets(results)),
      rest(results),
      '## Machine',
      machineTable(results),
      '## How it is measured',
      method(results),
      '## What the figures do not show',
      LIMITS,
      ...sections,
      ...(results.weight ? [weightSection(results.weight)] : []),
    ].join('\n\n'),
  );
}

function headlineTable(results) {
  const rows = headline(results);
  return table(['', 'gateway', 'beside it'], rows);
}

function machineTable({ machine, minutes }) {
  const { cpu, cores, memoryGiB, system, pinned, loadAtStart, versions, date } = machine;
  const where = pinned
    ? `server on core ${pinned.server}, load on core ${pinned.load}, upstream on core ${pinned.upstream}`
    : 'nothing';
  return table(
    ['', ''],
    [
      ['date', `${date}, ${write(minutes)} minutes, load average ${write(loadAtStart)} before`],
      ['processor', `${cpu}, ${cores} cores`],
      ['memory', `${memoryGiB} GiB`],
      ['system', system],
      ['pinned', where],
      [
        'versions',
        Object.entries(versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(', '),
      ],
    ],
  );
}

function method({ saturator, plan }) {
  return `
- Every server is a process of its own. The gateway runs from \`dist\` as in production, with the request log at level
  info going to a file, metrics and security headers on, and its default settings unless a scenario says otherwise.
  Only the rate limit is off, as all load comes from one address. Peers write what they write to a file too.
- Rounds are interleaved: in each, everybody is measured in turn, forwards, then backwards. A ratio is the median of the
  ratios within a round, so that what disturbs one round disturbs both sides of it.
- Capacity is what ${saturator} gets out of a server over ${plan.connections} connections in ${plan.saturateSeconds} seconds.
- Latency is never taken from there. A client of our own (\`bench/clients/open-loop.mjs\`) sends at a fixed rate, at 50%
  and 80% of the server's own capacity but never more than ${write(MAX_FIXED_RATE)} a second, whether or not answers come, and counts from the moment at which a request was
  due. A stall counts for all who would have waited in it (no coordinated omission). "Client late" is the longest that
  the client itself was behind, which is in the figures too: where it is near the maximum, the maximum is not the server's.
  Of fewer than a thousand requests p99.9 is the maximum.
- The upstream is a minimal \`node:http\` server on this machine (\`bench/upstream.mjs\`), not the emulator: that one
  verifies signatures, and would be the bottleneck. It answers at once unless a scenario says otherwise.
- Processor time and memory are those of the server's processes, nginx's with those of the service behind it, from
  \`/proc\`. Memory is the resident set right after a load.
- The peers are in \`bench/peers\`: \`node:http\`, and Nest on Fastify, with the gateway's own bytes and headers and nothing behind them; the
  SDK in a loop; the gateway's own client in a loop; Fastify with the SDK; Nest on Express with the SDK and three tries 200 ms apart; nginx's proxy cache,
  with its lock and its stale answers, in front of that one.`;
}

/** Where what was not reached is. */
function rest(results) {
  const ratio = (...contenders) => {
    const spread = ratioOf(results, ...contenders);
    return spread ? writeSpread(spread) : 'not measured';
  };
  const cpu = (scenario, contender) => {
    const spread = rowOf(results, scenario, contender)?.cpuUsPerRequest;
    return spread ? `${write(spread.median)} µs` : 'an unknown time';
  };
  return `
What is between the gateway and what it is measured against:

- **Nest on Fastify, same bytes** sends a hot hit's answer from a handler behind a guard and does nothing else: no lookup, log,
  metrics or request id. It reaches ${ratio('hot-hit', 'nest-fastify', 'node-http')} of node:http.
- **Fastify with the SDK** makes an upstream call for each request and does nothing else: no policies, exact digits or log. It
  reaches ${ratio('uncached', 'fastify-sdk', 'bare-sdk')} of the bare SDK.
- **The gateway's own client** makes its calls in ${cpu('uncached', 'own-client')} of processor time each, where the bare SDK takes
  ${cpu('uncached', 'bare-sdk')}. An uncached request takes ${cpu('uncached', 'gateway')}: that call, what a hit takes
  (${cpu('hot-hit', 'gateway')}), and the rest is the policies, what is kept in memory, the longer log line, and the
  collection of the garbage of all these.
- [ADR 11](adr/0011-what-a-hit-costs.md) has what the profiles show the rest to be, and what would have to change.`;
}

const LIMITS = `
- The real service. Its latency, its quotas and its bad days are not here; the upstream answers in no time.
- A network. Everything talks over loopback, without TLS towards callers and upstream.
- What of a ratio is the client's: on two cores, load and upstream share one. Where every request is an upstream call the
  upstream may be the limit, for the bare SDK as well.
- Latency below a millisecond where requests go to the upstream: there the client leaves the core to it between two
  requests, and may be late by about one.
- Several cores, several replicas, Redis, access tokens, traces. A gateway is one process on one core here.
- More than seconds. Nothing here would show a leak.
- Your machine. Ratios travel better than numbers.`;

function section({ name, title, text, kind }, rows) {
  return [
    `## ${title}`,
    text,
    ...(name in CHART_OF ? [chartLink(CHART_OF[name])] : []),
    kind === 'capacity' ? capacityTables(rows) : behaviourTables(rows),
  ].join('\n\n');
}

const titleOf = (contender) => CONTENDERS[contender].title;

function capacityTables(rows) {
  const capacity = table(
    ['', 'requests/s', 'times the first', 'succeed', 'upstream calls a request', 'CPU µs a request', 'MiB'],
    rows.map((row) => [
      titleOf(row.contender),
      writeSpread(row.rps),
      row === rows[0] ? '' : writeSpread(ratios(row.samples, rows[0].samples)),
      writeSpread(row.success, percent),
      writeSpread(row.callsPerRequest),
      writeSpread(row.cpuUsPerRequest),
      writeSpread(row.rssMiB),
    ]),
  );
  const latency = rows.flatMap(({ contender, rps, levels }) =>
    levels.map(({ rate, success, lateMs, p50, p99, p999, max }) => [
      titleOf(contender),
      `${write(rate.median)}/s (${Math.round((rate.median / rps.median) * 100)}%)`,
      writeSpread(success, percent),
      ...[p50, p99, p999, max, lateMs].map((value) => writeSpread(value)),
    ]),
  );
  return [
    capacity,
    table(
      ['at a fixed rate', 'rate', 'succeed', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms', 'client late ms'],
      latency,
    ),
  ].join('\n\n');
}

function behaviourTables(rows) {
  const cost = table(
    ['', 'succeed', 'successes/s', 'upstream calls', 'calls a request', 'CPU µs a request', 'MiB'],
    rows.map((row) => [
      titleOf(row.contender),
      writeSpread(row.success, percent),
      writeSpread(row.okPerSecond),
      writeSpread(row.calls),
      writeSpread(row.callsPerRequest),
      writeSpread(row.cpuUsPerRequest),
      writeSpread(row.rssMiB),
    ]),
  );
  const latency = rows.flatMap(({ contender, streams }) =>
    Object.entries(streams).flatMap(([name, { ratio, success, failure }]) =>
      [
        ['succeed', success],
        ['fail', failure],
      ]
        .filter(([, { p50 }]) => p50 !== undefined)
        .map(([kind, { p50, p99, p999, max }]) => [
          titleOf(contender),
          `${name === 'all' ? '' : `${name}, `}${kind} (${kind === 'succeed' ? percent(ratio.median) : percent(1 - ratio.median)})`,
          ...[p50, p99, p999, max].map((value) => writeSpread(value)),
        ]),
    ),
  );
  return [cost, table(['', 'requests that', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms'], latency)].join('\n\n');
}

function weightSection({ rows, install }) {
  return [
    '## Start-up and weight',
    'From the start of the process to ready, resident memory after two idle seconds, and what a production install weighs.',
    table(
      ['', 'ready after ms', 'idle MiB'],
      rows.map(({ contender, readyMs, rssMiB }) => [
        titleOf(contender),
        writeSpread(readyMs),
        writeSpread(rssMiB),
      ]),
    ),
    `The production install is one folder of ${write(install.bundleMiB)} MiB: the bundle with the code of ${install.packages} packages, its source maps, and what it serves.`,
  ].join('\n\n');
}

function charts({ scenarios, machine }) {
  const where = `${machine.cpu}, one core for the server. Bars are medians, lines go from the lowest round to the highest.`;
  const bar = (contender, value) => ({
    label: titleOf(contender),
    isOwn: contender.startsWith('gateway'),
    ...value,
  });
  const capacity = (name, title) =>
    barChart({
      title,
      note: where,
      write,
      groups: [{ bars: scenarios[name].map(({ contender, rps }) => bar(contender, rps)) }],
    });
  return {
    'hot-hit': capacity('hot-hit', 'Hot hit: requests a second'),
    uncached: capacity('uncached', 'Uncached: requests a second'),
    latency: barChart({
      title: 'Hot hit at 80% of each server’s own capacity: latency in ms, logarithmic',
      note: where,
      isLogarithmic: true,
      write: (value) => `${write(value)} ms`,
      groups: ['p50', 'p99', 'p999'].map((key) => ({
        label: key === 'p999' ? 'p99.9' : key,
        bars: scenarios['hot-hit'].flatMap(({ contender, levels }) =>
          levels.filter(({ level }) => level === 80).map((at) => bar(contender, at[key])),
        ),
      })),
    }),
    failures: barChart({
      title: 'When the upstream is not well: requests that succeed',
      note: where,
      write: percent,
      groups: FAILURES.map(([name, stream, label]) => ({
        label,
        bars: scenarios[name].map(({ contender, streams }) => bar(contender, streams[stream].ratio)),
      })),
    }),
  };
}

async function pretty(text) {
  const config = await resolveConfig(fileURLToPath(new URL('README.md', ROOT)));
  return format(text, { ...config, parser: 'markdown' });
}
