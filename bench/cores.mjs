// `npm run bench:cores`: measures what a replica adds, and writes the figures into docs/benchmarks.md. `--quick` takes less
// than a minute, shows that everything works, and only prints the figures.
//
// The machine may have only two cores. So replicas share one core: as long as a request takes the same processor time with
// four replicas as with one, four cores would carry four times as many requests.
import { parseArgs } from 'node:util';

import { findProgram } from '../tools/support/find-program.mjs';
import { number, spreadText } from './format.mjs';
import { describeMachine } from './machine.mjs';
import { table, writeBlock } from './page.mjs';
import { startRedis } from './redis.mjs';
import { callsPerColdId, latencyOfHits, meterReplicas, startReplicas } from './replicas.mjs';
import { startUpstream } from './servers.mjs';
import { spreadEach } from './stats.mjs';

/** Rounds, and the length of each phase in seconds. Replicas that share a core warm up longer: `warmUp` is for each. */
const FULL = { rounds: 3, warmUp: 3, saturate: 2, fixed: 3 };
const QUICK = { rounds: 1, warmUp: 0.4, saturate: 0.5, fixed: 1 };

const COUNTS = [1, 2, 4];
const KINDS = ['hit', 'uncached'];

/** The hits a second at which latency is measured: below what one replica can answer. */
const FIXED_RATE = 4000;

/** The cores of the replicas whose latency is compared. */
const PLACES = {
  'one, on a core of its own': ['server'],
  'two, on two cores': ['server', 'secondServer'],
};

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' } } });
if (findProgram('nginx') === undefined) {
  console.error('nginx is not installed. The replicas are behind it.');
  process.exit(1);
}
const plan = options.quick ? QUICK : FULL;

const machine = describeMachine();
const upstream = await startUpstream();
const redis = await startRedis();
if (!redis) console.error('redis-server is not installed: all replicas are without Redis.');

const text = [machine, await shareOneCore(), await useTwoCores()].join('\n\n');
await redis?.stop();
await upstream.stop();
if (options.quick) console.log(text);
else await writeBlock('cores', [text]);
process.exit(0);

/** Replicas on one core: what a request costs them, nginx and Redis. */
async function shareOneCore() {
  const setups = [];
  for (const shared of redis ? [undefined, redis] : [undefined])
    for (const [index, count] of COUNTS.entries()) {
      const variables = shared ? { REDIS_URL: shared.url(index) } : {};
      const site = await startReplicas(upstream, Array(count).fill('server'), variables);
      for (const kind of KINDS) await meterReplicas(site, kind, shared, plan.warmUp * count);
      setups.push({ count, shared, site, calls: await callsPerColdId(site, upstream) });
      console.error(`started ${count} with${shared ? '' : 'out'} Redis`);
    }

  const rows = KINDS.flatMap((kind) => setups.map((setup) => ({ kind, setup })));
  const spreads = await measureInTurn(rows, ({ kind, setup: { site, shared } }) =>
    meterReplicas(site, kind, shared, plan.saturate),
  );
  for (const { site } of setups) await site.stop();

  const named = ({ count, shared }) => [count, shared ? 'yes' : 'no'];
  return [
    table(
      [
        ...['request', 'replicas', 'Redis', 'requests/s'],
        ...['gateways: CPU µs', 'nginx: CPU µs', 'Redis: CPU µs'],
        ...['requests/s a gateway core', 'gateway cores a core of nginx'],
      ],
      rows.map(({ kind, setup }, index) => {
        const { rps, gatewaysUs, nginxUs, redisUs, rpsOfCore, coresOfNginx } = spreads[index];
        const figures = [rps, gatewaysUs, nginxUs, redisUs, rpsOfCore, coresOfNginx];
        return [kind, ...named(setup), ...figures.map((figure) => spreadText(figure))];
      }),
    ),
    table(
      ['replicas', 'Redis', 'upstream calls an id'],
      setups.map((setup) => [...named(setup), number(setup.calls)]),
    ),
  ].join('\n\n');
}

/** One replica with a core of its own, and two replicas with two cores: the latency at the same rate. */
async function useTwoCores() {
  const sites = [];
  for (const roles of Object.values(PLACES)) {
    const site = await startReplicas(upstream, roles);
    await meterReplicas(site, 'hit', undefined, plan.warmUp * roles.length);
    sites.push(site);
  }
  const spreads = await measureInTurn(sites, (site) => latencyOfHits(site, FIXED_RATE, plan.fixed));
  for (const site of sites) await site.stop();
  return table(
    ['replicas', 'hits/s', 'p50 ms', 'p99 ms', 'client late ms'],
    Object.keys(PLACES).map((place, index) => {
      const { p50, p99, lateMs } = spreads[index];
      return [place, number(FIXED_RATE), ...[p50, p99, lateMs].map((figure) => spreadText(figure))];
    }),
  );
}

/** Measures all of these in each round, forwards and then backwards, so that none is always first. */
async function measureInTurn(subjects, sample) {
  const samples = subjects.map(() => []);
  const order = [...subjects.keys()];
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const index of order) samples[index].push(await sample(subjects[index]));
    order.reverse();
    console.error(`round ${round + 1}/${plan.rounds}`);
  }
  return samples.map(spreadEach);
}
