// `npm run bench`: measures the gateway beside its peers, and writes the figures into docs/benchmarks.md with two charts.
// `--quick` takes four minutes and shows that everything works, `--only NAME` runs one scenario. Both options only print the figures.
import { describeMachine } from './machine.mjs';
import { measure } from './measure.mjs';
import { readOptions } from './options.mjs';
import { figures, writeReport } from './report.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { startUpstream } from './servers.mjs';

const FULL = { rounds: 5, warmUp: 20, saturate: 3, fixed: 2 };
const QUICK = { rounds: 1, warmUp: 3, saturate: 1, fixed: 1 };

const { isQuick, isChosen, isWritten } = readOptions(
  'scenario',
  SCENARIOS.map(({ name }) => name),
);

const machine = describeMachine();
const upstream = await startUpstream();
const results = {};
for (const scenario of SCENARIOS.filter(isChosen))
  results[scenario.name] = await measure(scenario, upstream, isQuick ? QUICK : FULL, console.error);
await upstream.stop();

if (isWritten) await writeReport(results, machine);
else console.log(figures(results, machine));
process.exit(0);
