import { CONNECTIONS, load, saturate } from '../measure.mjs';
import { usageOf } from '../processes.mjs';
import { HOT } from '../servers.mjs';
import { ALWAYS_FRESH, cost, latency, startProbed, succeed } from './hits.mjs';

/** The ids are about as long as a UUID. */
const IDS = '/instances/90515b5-6115-4ccf-83e2-52d5bf';

/**
 * The cache of one gateway grows from step to step, so that each id is read from the upstream once. After each step, ids in it are
 * requested at random.
 */
export async function* entries(steps, seconds, upstream) {
  await upstream.set();
  const server = await startProbed(upstream, {
    ...ALWAYS_FRESH,
    CACHE_MAX_ENTRIES: '1000000',
    CACHE_MAX_BYTES: String(16 * 2 ** 30),
  });
  await saturate(server, { path: HOT, ids: 1 }, seconds.warmUp);
  // Upstream calls that leave nothing in memory: what Node compiles for them is not counted as a part of the entries.
  await load(server, { path: '/instances/missing', ids: 0, count: 2000, connections: CONNECTIONS });
  const emptyMiB = await server.collected();
  let filled = 0;
  for (const ids of steps) {
    const fill = { path: IDS, ids: 0, first: filled, count: ids - filled, connections: CONNECTIONS };
    await server.pauses();
    const { success } = await succeed(server, fill);
    const filling = await server.pauses();
    filled = ids;

    const random = { path: IDS, ids, seed: 1 };
    const { cpuUs, calls } = await cost(server, upstream, random, seconds.saturate);
    if (calls > 0) throw new Error(`Of ${ids} ids, ${calls} were not in memory.`);
    await server.pauses();
    const figures = await latency(server, random, seconds.fixed);
    const pauses = await server.pauses();
    const { rssMiB } = usageOf(server.child);
    const heapMiB = await server.collected();
    yield {
      step: ids,
      ...figures,
      cpuUs,
      rssMiB,
      bytesEach: ((heapMiB - emptyMiB) * 2 ** 20) / ids,
      pauseMs: pauses.longestMs,
      pausesMsPerS: pauses.totalMs / seconds.fixed,
      fillingPauseMs: filling.longestMs,
      fillingMs: success.max,
    };
  }
  await server.stop();
}
