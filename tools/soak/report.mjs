import { median, percentile, slope } from './figures.mjs';
import { MEASURED_REQUESTS } from './watch.mjs';

/** What may go wrong, in parts of all: hot instances are always at hand, others have to be asked for. */
const MAX_HOT_FAILURES = 0.005;
const MAX_OTHER_FAILURES = 0.05;

const MAX_GROWTH_MIB = 40;
const MAX_LAG_MS = 100;

/** Prints what there was. */
export function printFigures({ watch, traffic, faults, gateway, after }) {
  const { requests, durationsMs, hungUp, lazy, verdicts } = traffic;
  const { hot, other, hotInOutage, otherInOutage } = verdicts.readings;
  const resident = watch.samples.map(({ memoryMib }) => memoryMib);
  const tally = ({ failed, all }) => `${failed} of ${all}`;
  const lines = {
    requests: `${requests} in ${watch.minutes.toFixed(1)} minutes, ${round(requests / watch.minutes / 60)} a second`,
    durations: `median ${round(median(durationsMs))} ms, p99 ${round(percentile(durationsMs, 0.99))} ms`,
    statuses: list(verdicts.statuses),
    problems: list(verdicts.problems),
    callers: `${hungUp} hung up, ${lazy} held a connection for nothing`,
    faults: list(faults.happened),
    upstream: list(sumsByOutcome(after)),
    'failed readings': `hot ${tally(hot)}, others ${tally(other)}; in outages hot ${tally(hotInOutage)}, others ${tally(otherInOutage)}`,
    'memory, MiB': `${watch.memory.map(({ mib }) => mib.toFixed(0)).join(', ')} without garbage, ${slope(watch.memory.map(({ minutes, mib }) => [minutes, mib])).toFixed(1)} a minute; with it ${Math.min(...resident).toFixed(0)} to ${Math.max(...resident).toFixed(0)}`,
    'event-loop lag': `p99 of each 2 s: median ${round(median(lagsOf(watch)))} ms, worst ${round(Math.max(...lagsOf(watch)))} ms`,
    'log lines': list(gateway.log),
  };
  console.log('');
  for (const [name, line] of Object.entries(lines)) console.log(`${name.padEnd(16)} ${line}`);
  console.log('');
}

/** Prints what was wrong, with examples. */
export function printDefects(gateway, ...allVerdicts) {
  for (const [complaint, { count, examples }] of allVerdicts.flatMap(({ wrong }) => [...wrong]))
    console.log(`${count} times ${complaint}:\n  ${examples.join('\n  ')}\n`);
  for (const line of gateway.defects.slice(0, 10)) console.log(`The gateway said: ${line}\n`);
}

/** Prints each check. True if all are good. */
export function check({ minutes, watch, traffic, gateway, before, after, last, exitCode, redis }) {
  const { hot, other } = traffic.verdicts.readings;
  const [firstMemory, lastMemory] = [watch.memory.at(0), watch.memory.at(-1)];
  const connections = 'outboundbot_gateway_connections';
  const lastFailures = Object.values(last.verdicts.readings).reduce((sum, { failed }) => sum + failed, 0);
  const checks = [
    atLeast(
      'requests while memory was watched',
      lastMemory.requests - firstMemory.requests,
      minutes < 1 ? 1 : MEASURED_REQUESTS,
    ),
    atMost('wrong answers', traffic.verdicts.wrongAnswers, 0),
    atMost('error budget: failed readings, hot, %', partFailed(hot) * 100, MAX_HOT_FAILURES * 100),
    atMost('error budget: failed readings, others, %', partFailed(other) * 100, MAX_OTHER_FAILURES * 100),
    atMost('times not ready', watch.timesNotReady, 0),
    atMost('memory growth after a third, MiB', lastMemory.mib - firstMemory.mib, MAX_GROWTH_MIB),
    atMost('event-loop lag (p99), ms', median(lagsOf(watch)), MAX_LAG_MS),
    atMost('open connections afterwards', after.get(connections), before.get(connections)),
    atMost('open files afterwards', after.get('process_open_fds'), maxFiles(before)),
    atMost('requests in flight afterwards', after.get('outboundbot_gateway_requests_in_flight'), 0),
    atMost(
      'upstream calls in flight afterwards',
      after.get('outboundbot_gateway_upstream_calls_in_flight'),
      0,
    ),
    ...(redis ? [atLeast('Redis in use afterwards', after.get('outboundbot_gateway_redis_up'), 1)] : []),
    atMost('log lines that somebody has to act on', gateway.defects.length, 0),
    atLeast('SIGTERM: requests', last.requests, 1),
    atMost('SIGTERM: failed requests', last.verdicts.wrongAnswers + lastFailures, 0),
    atMost('SIGTERM: exit code', exitCode, 0),
  ];
  for (const { name, value, relation, bound, isGood } of checks)
    console.log(
      `${isGood ? 'ok    ' : 'FAILED'}  ${name.padEnd(42)} ${round(value).padStart(8)}   ${relation} ${round(bound)}`,
    );
  return checks.every(({ isGood }) => isGood);
}

/** How many open files are as few as before. */
export function maxFiles(before) {
  return before.get('process_open_fds') + 5;
}

function atMost(name, value, bound) {
  return { name, value, bound, relation: 'at most ', isGood: value <= bound };
}

function atLeast(name, value, bound) {
  return { name, value, bound, relation: 'at least', isGood: value >= bound };
}

function lagsOf(watch) {
  return watch.samples.map(({ lagMs }) => lagMs);
}

function partFailed({ failed, all }) {
  return failed / all;
}

function round(value) {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : String(value);
}

function list(counts) {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function sumsByOutcome(metrics) {
  const sums = {};
  for (const [series, value] of metrics) {
    const [, outcome] =
      /^outboundbot_gateway_upstream_attempt_duration_seconds_count.*outcome="([^"]*)"/.exec(series) ?? [];
    if (outcome !== undefined) sums[outcome] = (sums[outcome] ?? 0) + value;
  }
  return sums;
}
