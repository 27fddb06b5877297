import { percent } from './format.mjs';
import { ratios } from './stats.mjs';

const gateway = (results, scenario) => results[scenario]?.[0];

/** The ratio of requests a second, gateway to peer, within each round. */
function ratio(results, scenario, peer) {
  const rows = results[scenario];
  const other = rows?.find(({ contender }) => contender === peer);
  return other && ratios(rows[0].samples, other.samples, 'rps').median;
}

/** The targets of the gateway: see verdicts.mjs. */
export const TARGETS = [
  {
    title: 'Hot hit, to node:http sending the same bytes',
    atLeast: 0.7,
    of: (results) => ratio(results, 'hot-hit', 'node-http'),
  },
  {
    title: 'Hot hit, to plain Nest on Express',
    atLeast: 8,
    of: (results) => ratio(results, 'hot-hit', 'nest-express'),
  },
  {
    title: 'Uncached, to the bare SDK',
    atLeast: 0.8,
    of: (results) => ratio(results, 'uncached', 'bare-sdk'),
  },
  {
    title: 'Hot page out of 1,000 instances: CPU time, to a hot hit',
    atMost: 2,
    of: (results) => gateway(results, 'list-hot')?.cpuUs.median / gateway(results, 'hot-hit')?.cpuUs.median,
  },
  {
    title: 'Filter over 10,000 instances, CPU µs a request',
    below: 10_000,
    of: (results) => gateway(results, 'list-filter')?.cpuUs.median,
  },
  {
    title: 'One in ten upstream calls fails: requests that succeed',
    atLeast: 0.998,
    of: (results) => gateway(results, 'internal-error')?.success.median,
    format: percent,
  },
  {
    title: 'Full outage: known ids that succeed',
    atLeast: 1,
    of: (results) => gateway(results, 'outage-known')?.success.median,
    format: percent,
  },
  {
    title: 'Full outage: unknown ids fail, p99 in ms',
    below: 10,
    of: (results) => gateway(results, 'outage-unknown')?.p99.median,
  },
  {
    title: 'Ready after, in ms',
    below: 1000,
    of: (results) => gateway(results, 'weight')?.readyMs.median,
  },
  {
    title: 'Idle memory, in MiB',
    below: 110,
    of: (results) => gateway(results, 'weight')?.rssMiB?.median,
  },
];
