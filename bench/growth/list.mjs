import { saturate } from '../measure.mjs';
import { usageOf } from '../processes.mjs';
import { LIST, startGateway } from '../servers.mjs';
import { ALWAYS_FRESH, cost } from './hits.mjs';

const HOT_PAGE = { path: LIST, ids: 1 };

/** The texts differ, so the gateway can reuse no view. No instance contains one, so it searches them all. */
const FILTER = { path: `${LIST}?q=`, ids: 0 };

/** There is one connection, because requests at the same time would share the upstream calls. */
const WHOLE = { ...HOT_PAGE, headers: { 'cache-control': 'no-cache' }, connections: 1 };

/** A new process has each length of the list. */
export async function* list(steps, seconds, upstream) {
  for (const instances of steps) {
    await upstream.set({ instances });
    const server = await startGateway(upstream, { ...ALWAYS_FRESH, CACHE_MIN_REVALIDATE_MS: '0' });
    const row = { step: instances };
    for (const [name, requests] of Object.entries({ page: HOT_PAGE, filter: FILTER, whole: WHOLE })) {
      await saturate(server, requests, seconds.warmUp);
      row[name] = (await cost(server, upstream, requests, seconds.saturate)).cpuUs;
    }
    const { rssMiB } = usageOf(server.child);
    await server.stop();
    yield { ...row, rssMiB };
  }
}
