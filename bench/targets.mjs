import { ratioOf, rowOf } from './stats.mjs';
import { percent, write } from './write.mjs';

const gateway = (results, scenario) => rowOf(results, scenario, 'gateway');
const ratio = (results, scenario, peer) => ratioOf(results, scenario, 'gateway', peer)?.median;

/** What was aimed at: the figure in a run's results, what it should be, and how it is written. */
const TARGETS = [
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
    title: 'One in ten upstream calls fails: requests that succeed',
    atLeast: 0.998,
    of: (results) => gateway(results, 'internal-error')?.success.median,
    write: percent,
  },
  {
    title: 'Full outage: known ids that succeed',
    atLeast: 1,
    of: (results) => gateway(results, 'outage')?.streams.warm.ratio.median,
    write: percent,
  },
  {
    title: 'Full outage: unknown ids fail, p99 in ms',
    below: 10,
    of: (results) => gateway(results, 'outage')?.streams.cold.failure.p99.median,
  },
  {
    title: 'Ready after, in ms',
    below: 1000,
    of: ({ weight }) => weight?.rows[0].readyMs.median,
  },
  {
    title: 'Idle memory, in MiB',
    below: 110,
    of: ({ weight }) => weight?.rows[0].rssMiB.median,
  },
];

/** A row for each target whose figure was measured: what, the aim, the figure, whether it was reached. */
export function targets(results) {
  return TARGETS.flatMap(({ title, atLeast, below, of, write: inWords = write }) => {
    const value = of(results);
    if (value === undefined) return [];
    const isReached = atLeast === undefined ? value < below : value >= atLeast;
    const aim = atLeast === undefined ? `below ${inWords(below)}` : `at least ${inWords(atLeast)}`;
    return [[title, aim, inWords(value), isReached ? 'yes' : 'no']];
  });
}
