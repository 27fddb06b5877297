// `npm run soak -- [MINUTES] [--seed N]`: the gateway under mixed traffic while its upstream and its Redis fail, for so long.
// Measures what only time brings to light, and fails if that is not good enough.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Faults } from './soak/faults.mjs';
import { scrape } from './soak/figures.mjs';
import { seed as instances } from './soak/instances.mjs';
import { end, folder, startEmulator, startGateway, startRedis } from './soak/programs.mjs';
import { Random } from './soak/random.mjs';
import { check, maxFiles, printDefects, printFigures } from './soak/report.mjs';
import { Traffic, WORKERS } from './soak/traffic.mjs';
import { Watch } from './soak/watch.mjs';

const QUIET_WITHIN_MS = 15_000;
const IDLE = ['connections', 'requests_in_flight', 'upstream_calls_in_flight'];

const { minutes, seed } = readArguments();
console.log(`Seed ${seed}; to repeat this: npm run soak -- ${minutes} --seed ${seed}`);

const random = new Random(seed);
const keys = makeKeys();
const instanceFile = write('instances.json', instances);
const emulator = await startEmulator(instanceFile);
const redis = await startRedis();
if (!redis) console.log('No redis-server on this machine: without Redis.');
const gateway = await startGateway(emulator.url, {
  AUTH_MODE: 'api-key',
  AUTH_API_KEYS_FILE: write('keys.json', JSON.stringify(keys.entries)),
  ...(redis ? { REDIS_URL: redis.url } : {}),
  // Short times, so that the upstream is really asked, and few entries, so that some have to go.
  CACHE_FRESH_MS: '500',
  CACHE_STALE_WHILE_REVALIDATE_MS: '1000',
  CACHE_STALE_IF_ERROR_MS: '10000',
  CACHE_NOT_FOUND_MS: '500',
  CACHE_MAX_ENTRIES: '2000',
  UPSTREAM_ATTEMPT_TIMEOUT_MS: '500',
  UPSTREAM_DEADLINE_MS: '2000',
  UPSTREAM_BREAKER_OPEN_MS: '1000',
  SHUTDOWN_DRAIN_MS: '1000',
});
let isToEnd = false;
gateway.child.once('close', (code, signal) => {
  if (isToEnd) return;
  console.error(`The gateway ended (${code ?? signal}).`, ...gateway.defects);
  process.exit(1);
});
const problems = await (await get('/problems')).json();
const faults = new Faults(emulator.url, redis, random.fork());

const first = callers();
await first.warmUp();
await first.stop();
const before = await quiet(Infinity);

const traffic = callers();
const watch = new Watch(gateway, traffic, minutes);
faults.start();
traffic.start({ isRude: true });
await watch.untilEnough();
await faults.stop();
await traffic.stop();

// With the upstream go the connections that are kept to it.
await end(emulator.child, 'SIGTERM');
const after = await quiet(maxFiles(before));
await startEmulator(instanceFile, new URL(emulator.url).port);

const last = callers();
const exitCode = await terminateUnderTraffic();

printFigures({ watch, traffic, faults, gateway, after });
printDefects(gateway, traffic.verdicts, last.verdicts);
const isGood = check({ minutes, watch, traffic, gateway, before, after, last, exitCode, redis });
process.exit(isGood ? 0 : 1);

function callers() {
  return new Traffic({ url: gateway.url, keys: keys.byName, problems, faults, random: random.fork() });
}

/** The metrics once nobody is connected, nothing is under way and few files are open, or when that takes too long. */
async function quiet(files) {
  const endsAt = performance.now() + QUIET_WITHIN_MS;
  for (;;) {
    const metrics = await scrape(gateway.metricsUrl);
    const isIdle = IDLE.every((name) => metrics.get(`outboundbot_gateway_${name}`) === 0);
    if ((isIdle && metrics.get('process_open_fds') <= files) || performance.now() > endsAt) return metrics;
    await sleep(250);
  }
}

/** Callers learn as from a load balancer that the gateway is about to stop, and go elsewhere in time. */
async function terminateUnderTraffic() {
  last.start({ isRude: false });
  await sleep(2000);
  isToEnd = true;
  const ended = end(gateway.child, 'SIGTERM');
  while ((await get('/health/ready')).ok) await sleep(50);
  await last.stop();
  return Promise.race([ended, sleep(QUIET_WITHIN_MS, 'none')]);
}

/** Leaves no connection behind. */
function get(path) {
  return fetch(gateway.url + path, { headers: { connection: 'close' } });
}

/** A key for each worker, so that none asks too often; one that does, and one for few instances. */
function makeKeys() {
  const names = [...Array.from({ length: WORKERS }, (_, number) => `worker-${number}`), 'greedy', 'limited'];
  const byName = Object.fromEntries(names.map((name) => [name, `obg_${randomBytes(16).toString('hex')}`]));
  const entries = names.map((name) => ({
    name,
    sha256: createHash('sha256').update(byName[name]).digest('hex'),
    instances: [name === 'limited' ? 'hot-*' : '*'],
  }));
  return { byName, entries };
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
    // An option that there is not.
  }
  console.error('Usage: npm run soak -- [MINUTES] [--seed N], with up to 60 minutes');
  process.exit(1);
}
