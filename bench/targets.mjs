import { percent } from './format.mjs';
import { ratios } from './stats.mjs';

const gateway = (results, scenario) => results[scenario]?.[0];

/** The ratio of requests a second, gateway to peer, within each round. */
const ratio = (results, scenario, peer) => ratioOf(results, scenario, 'rps', 'gateway', peer);

/** The ratio of processor time for a hit with a credential to one without, within each round. Both count for a rate limit. */
const costOfCredential = (results, contender) =>
  ratioOf(results, 'hot-hit', 'cpuUs', contender, 'gateway-rate-limit');

function ratioOf(results, scenario, key, ...contenders) {
  const rows = contenders.map((name) => results[scenario]?.find(({ contender }) => contender === name));
  return rows.includes(undefined) ? undefined : ratios(rows[0].samples, rows[1].samples, key).median;
}

/** The targets of the gateway: see verdicts.mjs. */
export const TARGETS = [
  {
    title: 'Hot hit, to node:http sending the same bytes',
    atLeast: 0.5,
    of: (results) => ratio(results, 'hot-hit', 'node-http'),
  },
  {
    title: 'Hot hit with the rate limit on, to node:http sending the bytes of one without',
    atLeast: 0.5,
    of: (results) => ratioOf(results, 'hot-hit', 'rps', 'gateway-rate-limit', 'node-http'),
  },
  {
    title: 'Hot hit, to plain Nest on Express',
    atLeast: 8,
    of: (results) => ratio(results, 'hot-hit', 'nest-express'),
  },
  {
    title: 'Uncached, to the bare SDK',
    atLeast: 0.9,
    of: (results) => ratio(results, 'uncached', 'bare-sdk'),
  },
  {
    title: 'Hot hit with an API key: CPU time, to one without a credential',
    atMost: 1.15,
    of: (results) => costOfCredential(results, 'gateway-key'),
  },
  {
    title: 'Hot hit with an access token: CPU time, to one without a credential',
    atMost: 1.3,
    of: (results) => costOfCredential(results, 'gateway-jwt'),
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
