// `npm run bench:compare -- FOLDER_A FOLDER_B [hit | uncached | list] [--rounds N] [--seconds N]`: compares the cost
// of a request in two built gateways. Both run on one core and are loaded in turn, a short round each. Each ratio compares two adjacent
// rounds, so that a longer disturbance of the machine affects both rounds.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { metered, saturate } from './measure.mjs';
import { HOT, LIST, startGateway, startUpstream } from './servers.mjs';
import { ratios, spread } from './stats.mjs';

const REQUESTS = {
  hit: { path: HOT, ids: 1 },
  uncached: { path: '/instances/', ids: 0 },
  list: { path: LIST, ids: 1 },
};
/** The length of the warm-up, in rounds. */
const WARM_UP_ROUNDS = 3;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '20' }, seconds: { type: 'string', default: '1' } },
});
const [folderA, folderB, scenario = 'hit'] = positionals;
const folders = [folderA, folderB].map((folder = '') => resolve(folder));
const missing = folders.find((folder) => !existsSync(join(folder, 'main.mjs')));
const [rounds, seconds] = [values.rounds, values.seconds].map(Number);
if (missing !== undefined || !(scenario in REQUESTS) || !(rounds >= 1 && seconds > 0)) {
  if (missing !== undefined) console.error(`There is no main.mjs in ${missing}.`);
  console.error(
    'Usage: npm run bench:compare -- FOLDER_A FOLDER_B [hit | uncached | list] [--rounds N] [--seconds N]',
  );
  process.exit(1);
}

const upstream = await startUpstream();
const gateways = [];
for (const folder of folders) gateways.push(await startGateway(upstream, {}, folder));
for (const gateway of gateways) await saturate(gateway, REQUESTS[scenario], WARM_UP_ROUNDS * seconds);

const samples = [[], []];
for (let round = 0; round < rounds; round += 1) {
  // First A, then B; in the next round first B, then A.
  for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) {
    const load = () => saturate(gateways[side], REQUESTS[scenario], seconds);
    const sample = await metered(gateways[side], upstream, load);
    if (sample.ok < sample.requests)
      throw new Error(`${folders[side]} failed ${sample.requests - sample.ok} requests.`);
    samples[side].push(sample);
  }
}

const text = ({ median, min, max }, digits) =>
  `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
console.log(`${scenario}, ${rounds} pairs of rounds; median (lowest to highest)`);
for (const side of [0, 1])
  console.log(
    `${'AB'[side]} ${folders[side]}: ${text(spread(samples[side].map(({ cpuUs }) => cpuUs)), 1)} µs a request`,
  );
const ratio = ratios(samples[1], samples[0], 'cpuUs');
console.log(`B to A: ${text(ratio, 3)}`);
process.exit(0);
