// `npm run soak -- [MINUTES] [--seed N]`: runs the gateway under random traffic, beside hostile clients, while its upstream and
// its Redis fail. Finds defects that show only after some time: wrong answers after rare faults, crashes, leaks of memory,
// sockets and files.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Faults } from './soak/faults.mjs';
import { Hostility } from './soak/hostility.mjs';
import { memoryOf, scrape } from './soak/metrics.mjs';
import { end, folder, startEmulator, startGateway, startRedis } from './soak/programs.mjs';
import { Random } from './soak/random.mjs';
import { GROUP, seed as instances } from './soak/requests.mjs';
import { Traffic, WORKERS } from './soak/traffic.mjs';

/** Memory is measured after a third of the time and at the end, but not before this many requests. */
const SETTLING_REQUESTS = 10_000;
const MEASURED_REQUESTS = 20_000;
const MAX_GROWTH_MIB = 40;

/** To reach these numbers of requests, a run may take this many times the time that was asked for. */
const MAX_STRETCH = 3;

/**
 * The share of the requests for existing instances that may fail. The gateway always has a copy of hot instances, even
 * in an outage.
 */
const MAX_HOT_FAILURES = 0.005;
const MAX_TAIL_FAILURES = 0.05;

/** An honest request must be answered in this time, in milliseconds, whatever hostile clients do. */
const MAX_HONEST_MS = 2000;

/** How many more files Node may have opened by itself. */
const SPARE_FILES = 5;

const QUIET_WITHIN_MS = 15_000;
const POLL_MS = 250;

const { minutes, seed } = readArguments();
console.log(`Seed ${seed}; to repeat this: npm run soak -- ${minutes} --seed ${seed}`);

const random = new Random(seed);
const names = [
  ...Array.from({ length: WORKERS }, (_, number) => `worker-${number}`),
  'limited',
  'honest',
  'greedy',
];
const keys = Object.fromEntries(names.map((name) => [name, `obg_${randomBytes(16).toString('hex')}`]));
const emulator = await startEmulator(write('instances.json', instances));
const redis = await startRedis();
if (!redis) console.log('redis-server is not installed: this run is without Redis.');
const gateway = await startGateway(emulator.url, {
  AUTH_MODE: 'api-key',
  AUTH_API_KEYS_FILE: write('keys.json', JSON.stringify(names.map(keyEntry))),
  ...(redis ? { REDIS_URL: redis.url } : {}),
  // Short times and few entries, so that many requests reach the upstream.
  CACHE_FRESH_MS: '500',
  CACHE_STALE_WHILE_REVALIDATE_MS: '1000',
  CACHE_STALE_IF_ERROR_MS: '10000',
  CACHE_NOT_FOUND_MS: '500',
  CACHE_MAX_ENTRIES: '2000',
  CACHE_MIN_REVALIDATE_MS: '200',
  OUTBOUNDBOT_RESOURCE_GROUP_ID: GROUP,
  UPSTREAM_ATTEMPT_TIMEOUT_MS: '500',
  UPSTREAM_DEADLINE_MS: '2000',
  UPSTREAM_BREAKER_OPEN_MS: '1000',
  SHUTDOWN_DRAIN_MS: '1000',
});
gateway.child.once('close', crashed);

const before = await scrape(gateway.metricsUrl);
const faults = new Faults(emulator.url, redis, random.fork());
const traffic = new Traffic(gateway.url, keys, faults, random.fork());
const hostility = new Hostility(gateway.url, keys, '/instances/hot-1', random.fork());
faults.start();
traffic.start();
hostility.start();
const startedAt = performance.now();
await until(minutes / 3, SETTLING_REQUESTS);
const firstMemory = await memoryOf(gateway);
await until(minutes, traffic.requests + MEASURED_REQUESTS);
const lastMemory = await memoryOf(gateway);
await faults.stop();
await hostility.stop();
await traffic.stop();

// The connections between emulator and gateway end with the emulator.
await end(emulator.child, 'SIGTERM');
const maxFiles = before.get('process_open_fds') + SPARE_FILES;
const after = await quiet();
gateway.child.off('close', crashed);
const exitCode = await Promise.race([end(gateway.child, 'SIGTERM'), sleep(QUIET_WITHIN_MS, 'none')]);

report();

function report() {
  const { answers, requests } = traffic;
  const { hot, tail, list } = answers.readings;
  const counts = (values) => Object.entries(values).map(([name, count]) => `${name}: ${count}`);
  console.log(
    `${requests} requests; ${[...counts(answers.statuses), ...counts(faults.happened), ...counts(hostility.happened)].join(', ')}`,
  );
  for (const failure of hostility.failures) console.log(`The honest caller failed: ${failure}`);
  for (const [defect, { count, examples }] of answers.wrong)
    console.log(`${count} wrong answers, ${defect}:\n  ${examples.join('\n  ')}`);
  for (const line of gateway.defects.slice(0, 10)) console.log(`The gateway logged: ${line}`);
  const checks = [
    ['wrong answers', answers.wrongCount, 0],
    ['failed requests for hot instances, %', (hot.failed / hot.all) * 100, MAX_HOT_FAILURES * 100],
    ['failed requests for other instances, %', (tail.failed / tail.all) * 100, MAX_TAIL_FAILURES * 100],
    ['failed requests for the list, %', (list.failed / list.all) * 100, MAX_HOT_FAILURES * 100],
    [`failed of ${hostility.honest.all} honest requests`, hostility.honest.failed, 0],
    ['slowest honest request, ms', hostility.honest.slowestMs, MAX_HONEST_MS],
    ['memory growth, MiB', lastMemory - firstMemory, MAX_GROWTH_MIB],
    ['open connections afterwards', after.get('outboundbot_gateway_connections'), 0],
    ['requests in flight afterwards', after.get('outboundbot_gateway_requests_in_flight'), 0],
    ['upstream calls in flight afterwards', after.get('outboundbot_gateway_upstream_calls_in_flight'), 0],
    ['open files afterwards', after.get('process_open_fds'), maxFiles],
    ...(redis ? [['Redis out of use afterwards', 1 - after.get('outboundbot_gateway_redis_up'), 0]] : []),
    ['log lines with an error', gateway.defects.length, 0],
    ['exit code after SIGTERM', exitCode, 0],
  ];
  for (const [name, value, bound] of checks) {
    const isGood = value <= bound;
    if (!isGood) process.exitCode = 1;
    const figure = typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
    console.log(
      `${isGood ? 'ok    ' : 'FAILED'}  ${name.padEnd(40)} ${figure.padStart(8)}   at most ${bound}`,
    );
  }
  process.exit();
}

/** Waits for this time and this many requests. A run of less than a minute only shows that everything works. */
async function until(asked, requests) {
  const elapsed = () => (performance.now() - startedAt) / 60_000;
  const isShort = () => minutes >= 1 && traffic.requests < requests && elapsed() < MAX_STRETCH * asked;
  while (elapsed() < asked || isShort()) await sleep(POLL_MS);
}

/** The metrics when no connection is open and no request is running, or when QUIET_WITHIN_MS has passed. */
async function quiet() {
  const gaugesOfWork = ['connections', 'requests_in_flight', 'upstream_calls_in_flight'];
  const limit = performance.now() + QUIET_WITHIN_MS;
  for (;;) {
    const metrics = await scrape(gateway.metricsUrl);
    const isIdle = gaugesOfWork.every((name) => metrics.get(`outboundbot_gateway_${name}`) === 0);
    if ((isIdle && metrics.get('process_open_fds') <= maxFiles) || performance.now() > limit) return metrics;
    await sleep(POLL_MS);
  }
}

function crashed(code, signal) {
  console.error(`The gateway ended (${code ?? signal}).`, ...gateway.defects);
  process.exit(1);
}

function keyEntry(name) {
  return {
    name,
    sha256: createHash('sha256').update(keys[name]).digest('hex'),
    instances: [name === 'limited' ? 'hot-*' : '*'],
  };
}

function write(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function readArguments() {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { seed: { type: 'string' } },
    });
    const minutes = Number(positionals[0] ?? 1);
    const seed = Number(values.seed ?? randomInt(2 ** 32));
    if (minutes > 0 && minutes <= 60 && Number.isInteger(seed)) return { minutes, seed };
  } catch {
    // parseArgs throws for an unknown option.
  }
  console.error('Usage: npm run soak -- [MINUTES] [--seed N], with up to 60 minutes');
  process.exit(1);
}
