// `npm run bench:growth`: measures how the cost of the gateway grows with entries, connections, keys, the list, and the rate,
// and writes the figures and a chart for each into docs/benchmarks.md. `--quick` takes fewer steps, `--only NAME` runs one
// experiment. Both options only print the figures.
import { EXPERIMENTS } from './growth/experiments.mjs';
import { figures, writeReport } from './growth/report.mjs';
import { describeMachine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { startUpstream } from './servers.mjs';

const { isQuick, isChosen, isWritten } = readOptions(
  'experiment',
  EXPERIMENTS.map(({ name }) => name),
);

const machine = describeMachine();
const upstream = await startUpstream();
const results = {};
for (const { name, run, full, quick } of EXPERIMENTS.filter(isChosen)) {
  const { steps, seconds } = isQuick ? quick : full;
  const rows = [];
  for await (const row of run(steps, seconds, upstream)) {
    rows.push(row);
    console.error(`${name} ${rows.length}/${steps.length}: ${row.step}`);
  }
  results[name] = { rows, steps };
}
await upstream.stop();

if (isWritten) await writeReport(results, machine);
else console.log(figures(results, machine).join('\n\n'));
process.exit(0);
