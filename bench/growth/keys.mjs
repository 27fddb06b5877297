import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { saturate } from '../measure.mjs';
import { SCRATCH, usageOf } from '../processes.mjs';
import { HOT, keyEntry, startGateway, withKeys } from '../servers.mjs';
import { ALWAYS_FRESH, cost, latency, succeed } from './hits.mjs';

const PREFIX = 'bench-key-';
const FILE = join(SCRATCH, 'many-keys.json');

/** How long after the start of a load the key file changes. The gateway reads it once a second. */
const CHANGE_AFTER_MS = 1000;
const RELOAD_S = 4;

/** A new process has each number of keys in its file. Each request has one of them, at random. */
export async function* keys(steps, seconds, upstream) {
  await upstream.set();
  for (const count of steps) {
    const entries = Array.from({ length: count + 1 }, (_, index) => keyEntry(`k${index}`, PREFIX + index));
    write(JSON.stringify(entries.slice(0, -1)));
    const startedAt = performance.now();
    const server = await startGateway(upstream, { ...withKeys(FILE), ...ALWAYS_FRESH });
    const readyMs = performance.now() - startedAt;
    const requests = { path: HOT, ids: 1, keys: { prefix: PREFIX, count } };
    await saturate(server, requests, seconds.warmUp);
    const { cpuUs } = await cost(server, upstream, requests, seconds.saturate);
    const figures = await latency(server, requests, seconds.fixed);
    const { rssMiB } = usageOf(server.child);
    const reloadMs = await reload(server, requests, JSON.stringify(entries));
    // The last key is new, so that a request with it shows that the file was read again.
    await succeed(server, {
      ...{ path: HOT, ids: 1, rate: 0, count: 1, connections: 1 },
      headers: { 'x-api-key': PREFIX + count },
    });
    await server.stop();
    yield { step: count, ...figures, readyMs, cpuUs, rssMiB, reloadMs };
  }
}

/** The slowest hit while the file changes. */
async function reload(server, requests, text) {
  const hits = latency(server, requests, RELOAD_S);
  await sleep(CHANGE_AFTER_MS);
  write(text);
  return (await hits).max;
}

/** Replaces the file at once: the gateway must not read half of it. */
function write(text) {
  writeFileSync(`${FILE}.new`, text, { mode: 0o600 });
  renameSync(`${FILE}.new`, FILE);
}
