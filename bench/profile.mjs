// `npm run bench:profile -- [SCENARIO]`: prints where the processor time of a request goes, by package. The default scenario is hot-hit.
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { percent } from './format.mjs';
import { saturate } from './measure.mjs';
import { SCRATCH } from './processes.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { GATEWAY, startGateway, startUpstream } from './servers.mjs';

const WARM_UP_S = 10;
const MEASURED_S = 5;
/** Owners with a smaller share are not printed. */
const MIN_SHARE = 0.005;

/** The source maps of the bundle's files. */
const maps = new Map();

const [name = 'hot-hit'] = process.argv.slice(2);
const scenario = SCENARIOS.find((each) => each.name === name && each.kind === 'capacity');
if (!scenario) {
  const names = SCENARIOS.filter(({ kind }) => kind === 'capacity').map((each) => each.name);
  console.error(`There is no such scenario. Use one of ${names.join(', ')}.`);
  process.exit(1);
}

const upstream = await startUpstream();
await upstream.set(scenario.faults);
const folder = mkdtempSync(join(SCRATCH, 'profile-'));
const variables = { ...scenario.variables, SHUTDOWN_DRAIN_MS: '0' };
const server = await startGateway(upstream, variables, GATEWAY, ['--cpu-prof', `--cpu-prof-dir=${folder}`]);
await saturate(server, scenario.requests, WARM_UP_S);
const from = nowUs();
await saturate(server, scenario.requests, MEASURED_S);
const to = nowUs();
server.child.kill('SIGTERM');
await once(server.child, 'exit');
await upstream.stop();

const [file] = readdirSync(folder);
const times = timesOf(JSON.parse(readFileSync(join(folder, file), 'utf8')));
const total = [...times.values()].reduce((sum, time) => sum + time, 0);
for (const [owner, time] of [...times].sort((a, b) => b[1] - a[1]))
  if (time / total >= MIN_SHARE) console.log(`${percent(time / total).padStart(7)}  ${owner}`);
process.exit(0);

/** The clock of the profile, which all processes share. */
function nowUs() {
  return Number(process.hrtime.bigint() / 1000n);
}

/** The processor time of each owner between `from` and `to`, in microseconds. */
function timesOf({ nodes, samples, timeDeltas, startTime }) {
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]));
  const sums = new Map();
  let time = startTime;
  for (const [index, id] of samples.entries()) {
    time += timeDeltas[index];
    const owner = owners.get(id);
    if (time < from || time > to || owner === '(idle)') continue;
    sums.set(owner, (sums.get(owner) ?? 0) + timeDeltas[index]);
  }
  return sums;
}

/** The package of a function; the name of a native one. */
function ownerOf({ url, functionName, lineNumber, columnNumber }) {
  if (url.startsWith('node:')) return 'Node.js, its JavaScript';
  if (!url.startsWith('file:')) return functionName || '(native)';
  const source = mapOf(fileURLToPath(url))?.findEntry(lineNumber, columnNumber).originalSource ?? url;
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? 'the gateway';
}

function mapOf(file) {
  if (!maps.has(file))
    maps.set(
      file,
      existsSync(`${file}.map`) && new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8'))),
    );
  return maps.get(file) || undefined;
}
