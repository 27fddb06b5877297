import { expect, it, onTestFinished } from 'vitest';

import { VERSION } from '../../apps/gateway/src/runtime/version.js';
import type { InstanceRecord } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { SAMPLE_ID } from '../support/gateway.js';
import { startMeasured } from '../support/measured-gateway.js';

const PATH = `/instances/${SAMPLE_ID}`;

/** Starts a gateway whose upstream has these instances beside the samples. */
async function start(variables: Record<string, string>, instances: readonly InstanceRecord[] = []) {
  const { stack, value } = await startMeasured(variables);
  onTestFinished(() => stack.close());
  for (const instance of instances) stack.emulator.instances.put(instance);
  const cacheStatusOf = async (path: string): Promise<string | null> => {
    const response = await fetch(`${stack.gateway.url}${path}`);
    await response.arrayBuffer();
    return response.headers.get('cache-status');
  };
  return { value, cacheStatusOf };
}

const HIT = expect.stringContaining('; hit;') as string;
const MISS = 'outboundbot-gateway; fwd=miss';

it('the cache has series for each kind of answer before the first request', async () => {
  const { value } = await start({});
  for (const kind of ['instance', 'list', 'missing'])
    for (const name of ['entries', 'bytes', 'evictions_total'])
      expect(await value(`cache_${name}{kind="${kind}"}`)).toBe(0);
});

it('the metrics name the version of the gateway and that of Node.js', async () => {
  const { value } = await start({});
  expect(await value(`build_info{version="${VERSION}",node="${process.version}"}`)).toBe(1);
});

it('answers of 0.8 MB take no more memory than CACHE_MAX_BYTES, and the last ones are kept', async () => {
  const maxBytes = 6_710_886;
  const description = 'x'.repeat(800_000);
  const ids = Array.from({ length: 22 }, (_, index) => `large-${index}`);
  const { value, cacheStatusOf } = await start(
    { CACHE_MAX_BYTES: String(maxBytes) },
    ids.map((id) => ({ InstanceId: id, InstanceDescription: description })),
  );
  for (const id of ids) await cacheStatusOf(`/instances/${id}`);
  const bytes = (await value('cache_bytes{kind="instance"}'))!;
  expect(bytes).toBeLessThanOrEqual(maxBytes);
  expect(bytes).toBeGreaterThan(maxBytes - 810_000);
  const entries = (await value('cache_entries{kind="instance"}'))!;
  expect(entries).toBe(8);
  expect(await value('cache_evictions_total{kind="instance"}')).toBe(ids.length - entries);
  expect(await cacheStatusOf('/instances/large-21')).toStrictEqual(HIT);
  expect(await cacheStatusOf(`/instances/large-${ids.length - entries}`)).toStrictEqual(HIT);
  expect(await cacheStatusOf('/instances/large-0')).toBe(MISS);
});

it('ids that do not exist evict one another, and no instance', async () => {
  const { value, cacheStatusOf } = await start({ CACHE_MAX_ENTRIES: '5' });
  await cacheStatusOf(PATH);
  for (let id = 0; id < 20; id += 1) await cacheStatusOf(`/instances/random-${id}`);
  expect(await cacheStatusOf(PATH)).toStrictEqual(HIT);
  expect(await value('cache_entries{kind="instance"}')).toBe(1);
  expect(await value('cache_evictions_total{kind="instance"}')).toBe(0);
  expect(await value('cache_entries{kind="missing"}')).toBe(5);
  expect(await value('cache_evictions_total{kind="missing"}')).toBe(15);
  expect(await cacheStatusOf('/instances/random-19')).toStrictEqual(HIT);
  expect(await cacheStatusOf('/instances/random-0')).toBe(MISS);
});

it('a list that would take more than half of the memory is served, and evicts no instance', async () => {
  const description = 'x'.repeat(200);
  const instances = Array.from({ length: 100 }, (_, index) => ({
    InstanceId: `listed-${index}`,
    InstanceDescription: description,
  }));
  const { value, cacheStatusOf } = await start({ CACHE_MAX_BYTES: '20000' }, instances);
  await cacheStatusOf(PATH);
  expect(await cacheStatusOf('/instances')).toBe(MISS);
  expect(await cacheStatusOf('/instances')).toBe(MISS);
  expect(await cacheStatusOf(PATH)).toStrictEqual(HIT);
  expect(await value('cache_entries{kind="list"}')).toBe(0);
  expect(await value('cache_evictions_total{kind="list"}')).toBe(2);
});

it('a list counts with the pages that were made of it', async () => {
  const { value, cacheStatusOf } = await start({});
  await cacheStatusOf('/instances');
  const before = (await value('cache_bytes{kind="list"}'))!;
  await cacheStatusOf('/instances?pageSize=1');
  expect(await value('cache_entries{kind="list"}')).toBe(1);
  expect(await value('cache_bytes{kind="list"}')).toBeGreaterThan(before);
  await cacheStatusOf('/instances?pageSize=1');
  expect(await value('cache_bytes{kind="list"}')).toBeLessThan(before + 2000);
});

it('with CACHE_MAX_BYTES=0 the process keeps no answer, but remembers what does not exist', async () => {
  const { value, cacheStatusOf } = await start({ CACHE_MAX_BYTES: '0' });
  for (const path of [PATH, PATH, '/instances', '/instances']) expect(await cacheStatusOf(path)).toBe(MISS);
  await cacheStatusOf('/instances/missing');
  expect(await cacheStatusOf('/instances/missing')).toStrictEqual(HIT);
  for (const kind of ['instance', 'list']) expect(await value(`cache_bytes{kind="${kind}"}`)).toBe(0);
});
