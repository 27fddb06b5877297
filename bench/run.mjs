// `npm run bench`: measures the gateway beside its peers, and writes the figures into docs/benchmarks.md with two charts.
// `--quick` takes four minutes and shows that everything works, `--only NAME` runs one scenario. Both options only print the figures.
import { parseArgs } from 'node:util';

import { describeMachine } from './machine.mjs';
import { measure } from './measure.mjs';
import { figures, writeReport } from './report.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { startUpstream } from './servers.mjs';

const FULL = { rounds: 5, warmUp: 8, saturate: 3, fixed: 2 };
const QUICK = { rounds: 1, warmUp: 2, saturate: 1, fixed: 1 };

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string', multiple: true } },
});
const names = SCENARIOS.map(({ name }) => name);
const unknown = options.only?.filter((name) => !names.includes(name)) ?? [];
if (unknown.length > 0) {
  console.error(`There is no scenario ${unknown.join(', ')}. Use one of ${names.join(', ')}.`);
  process.exit(1);
}

const machine = describeMachine();
const upstream = await startUpstream();
const results = {};
for (const scenario of SCENARIOS.filter(({ name }) => options.only?.includes(name) ?? true))
  results[scenario.name] = await measure(scenario, upstream, options.quick ? QUICK : FULL, console.error);
await upstream.stop();

if (options.quick || options.only) console.log(figures(results, machine));
else await writeReport(results, machine);
process.exit(0);
