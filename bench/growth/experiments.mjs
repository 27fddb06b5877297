import { percent } from '../format.mjs';
import { connections, leftOut } from './connections.mjs';
import { day, growth } from './day.mjs';
import { entries } from './entries.mjs';
import { keys } from './keys.mjs';
import { list } from './list.mjs';
import { knee, rates } from './rates.mjs';

const LATENCY = [
  ['p50 ms', 'p50'],
  ['p99 ms', 'p99'],
  ['p99.9 ms', 'p999'],
  ['client late ms', 'lateMs'],
];
const LATENCY_LINES = { p50: 'p50', p99: 'p99', p999: 'p99.9' };
const RSS = ['RSS MiB', 'rssMiB'];
const CPU = ['CPU µs a hit', 'cpuUs'];

const SECONDS = { warmUp: 5, saturate: 3, fixed: 10, settle: 2 };
const QUICK_SECONDS = { warmUp: 2, saturate: 1, fixed: 2, settle: 1 };

/** From the first step to the last, all of the same size. */
const even = (size, count) => Array.from({ length: count }, (_, index) => size * (index + 1));

/**
 * What grows, and what is measured at each step. `run` yields a row of figures for each step; `columns` are the heads of the table,
 * each with its figure and, if need be, a format; `note` is a sentence about all rows. The lines of the chart are figures too.
 */
export const EXPERIMENTS = [
  {
    name: 'entries',
    title: 'Entries in memory',
    run: entries,
    full: { steps: [1000, 10_000, 100_000, 300_000, 1_000_000], seconds: SECONDS },
    quick: { steps: [1000, 10_000, 30_000], seconds: QUICK_SECONDS },
    columns: [
      ['ids', 'step'],
      RSS,
      ['heap bytes an entry', 'bytesEach'],
      CPU,
      ...LATENCY,
      ['longest GC pause ms', 'pauseMs'],
      ['GC ms a second', 'pausesMsPerS'],
      ['longest GC pause ms, filling', 'fillingPauseMs'],
      ['slowest answer ms, filling', 'fillingMs'],
    ],
    chart: {
      title: 'Entries in memory: latency of hits over random ids',
      x: { label: 'ids in memory', isLog: true },
      y: { label: 'ms', isLog: true },
      lines: LATENCY_LINES,
    },
  },
  {
    name: 'connections',
    title: 'Idle connections',
    run: connections,
    note: leftOut,
    full: { steps: [100, 1000, 5000, 10_000], seconds: SECONDS },
    quick: { steps: [100, 1000, 5000], seconds: QUICK_SECONDS },
    columns: [['idle connections', 'step'], RSS, ['KiB each', 'kibEach'], CPU, ...LATENCY],
    chart: {
      title: 'Idle connections: latency of hits on 50 busy ones',
      x: { label: 'idle connections', isLog: true },
      y: { label: 'ms', isLog: true },
      lines: LATENCY_LINES,
    },
  },
  {
    name: 'keys',
    title: 'API keys',
    run: keys,
    full: { steps: [1, 100, 10_000, 100_000], seconds: SECONDS },
    quick: { steps: [1, 100, 10_000], seconds: QUICK_SECONDS },
    columns: [
      ['keys', 'step'],
      ['ready ms', 'readyMs'],
      RSS,
      CPU,
      ...LATENCY,
      ['slowest hit ms at a reload', 'reloadMs'],
    ],
    chart: {
      title: 'API keys: time until ready, and the slowest hit while the file is read again',
      x: { label: 'keys in the file', isLog: true },
      y: { label: 'ms', isLog: true },
      lines: { readyMs: 'ready', reloadMs: 'slowest hit at a reload', p99: 'p99 of hits' },
    },
  },
  {
    name: 'list',
    title: 'Length of the list',
    run: list,
    full: { steps: [10, 100, 1000, 10_000], seconds: { warmUp: 2, saturate: 3 } },
    quick: { steps: [10, 1000, 10_000], seconds: { warmUp: 1, saturate: 1 } },
    columns: [
      ['instances', 'step'],
      ['hot page CPU µs', 'page'],
      ['filter CPU µs', 'filter'],
      ['whole read CPU µs', 'whole'],
      RSS,
    ],
    chart: {
      title: 'Length of the list: processor time of a request',
      x: { label: 'instances', isLog: true },
      y: { label: 'µs', isLog: true },
      lines: { page: 'hot page', filter: 'filter that matches none', whole: 'whole list read again' },
    },
  },
  {
    name: 'rates',
    title: 'Rates of hits',
    run: rates,
    note: knee,
    full: { steps: [10, 25, 50, 75, 90, 100, 120], seconds: { warmUp: 10, saturate: 3, fixed: 6 } },
    quick: { steps: [10, 25, 50, 75, 90, 100, 120], seconds: { warmUp: 3, saturate: 1, fixed: 2 } },
    columns: [
      ['% of capacity', 'step'],
      ['requests/s', 'rate'],
      ['successes/s', 'rps'],
      ['succeed', 'ok', percent],
      ...LATENCY,
    ],
    chart: {
      title: 'Rates of hits: latency',
      x: { label: '% of the requests a second in a closed loop' },
      y: { label: 'ms', isLog: true },
      lines: LATENCY_LINES,
    },
  },
  {
    name: 'day',
    title: 'A day of small traffic, in fast motion',
    run: day,
    note: growth,
    full: { steps: even(25_000, 16) },
    quick: { steps: even(5000, 6) },
    columns: [['requests', 'step'], RSS, ['used heap MiB', 'heapMiB']],
    chart: {
      title: 'Many requests: memory after a garbage collection',
      x: { label: 'requests' },
      y: { label: 'MiB' },
      lines: { rssMiB: 'RSS', heapMiB: 'used heap' },
    },
  },
];
