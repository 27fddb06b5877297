// `npm run bench`: measures the gateway beside its peers and writes docs/benchmarks.md, its charts and the table in the
// README. `--quick` takes a minute or two and shows whether everything works, `--only NAME` runs one scenario; neither
// writes anything but to the terminal.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { measureBehaviour } from './behaviour.mjs';
import { measureCapacity } from './capacity.mjs';
import { CONNECTIONS, SATURATOR } from './load.mjs';
import { machine } from './machine.mjs';
import { toMarkdown, writeReport } from './report.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { startUpstream } from './servers.mjs';
import { measureWeight } from './weight.mjs';

const FULL = {
  rounds: 5,
  warmUpSeconds: 10,
  saturateSeconds: 3,
  fixedSeconds: 3,
  fixedRounds: 3,
  behaviourScale: 1,
  connections: CONNECTIONS,
};
const QUICK = {
  ...FULL,
  rounds: 1,
  warmUpSeconds: 3,
  saturateSeconds: 1,
  fixedSeconds: 1,
  fixedRounds: 1,
  behaviourScale: 0.75,
};

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string', multiple: true }, json: { type: 'string' } },
});
const plan = options.quick ? QUICK : FULL;
const names = [...SCENARIOS.map(({ name }) => name), 'weight'];
const unknown = options.only?.filter((name) => !names.includes(name)) ?? [];
if (unknown.length > 0) {
  console.error(`No such scenario: ${unknown.join(', ')}. There are ${names.join(', ')}.`);
  process.exit(1);
}
const isWanted = (name) => options.only === undefined || options.only.includes(name);
const say = (line) => console.error(line);

const startedAt = Date.now();
const upstream = await startUpstream();
const results = { machine: machine(), saturator: SATURATOR, plan, scenarios: {}, weight: undefined };
for (const scenario of SCENARIOS.filter(({ name }) => isWanted(name))) {
  const measure = scenario.kind === 'capacity' ? measureCapacity : measureBehaviour;
  results.scenarios[scenario.name] = await measure(scenario, upstream, plan, say);
}
if (isWanted('weight')) results.weight = await measureWeight(upstream, plan, say);
await upstream.stop();
results.minutes = (Date.now() - startedAt) / 60_000;

if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
if (options.quick || options.only) console.log(await toMarkdown(results));
else await writeReport(results);
process.exit(0);
