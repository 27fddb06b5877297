import { number } from '../format.mjs';
import { load } from '../measure.mjs';
import { usageOf } from '../processes.mjs';
import { fetchRaw, HOT, LIST } from '../servers.mjs';
import { slope } from '../stats.mjs';
import { startProbed } from './hits.mjs';

/** Entries live for a fraction of a second, and half of the ids have a place. */
const SHORT_LIVES = {
  CACHE_FRESH_MS: '200',
  CACHE_STALE_WHILE_REVALIDATE_MS: '200',
  CACHE_STALE_IF_ERROR_MS: '1000',
  CACHE_NOT_FOUND_MS: '200',
  CACHE_MAX_ENTRIES: '1000',
};

/** The kinds of requests, their shares, and the status that each must get. */
const TRAFFIC = [
  { share: 0.7, status: 200, path: '/instances/day', ids: 2000, connections: 28 },
  { share: 0.1, status: 404, path: '/instances/missing', ids: 2000, connections: 4 },
  { share: 0.1, status: 200, path: `${LIST}?q=`, ids: 50, connections: 4 },
  { share: 0.1, status: 304, path: HOT, ids: 1, connections: 4, isConditional: true },
];

/** Many requests of all kinds, as fast as they are answered. After each step the garbage is collected. */
export async function* day(steps, _seconds, upstream) {
  await upstream.set({ instances: 200 });
  const server = await startProbed(upstream, SHORT_LIVES);
  const { etag } = await fetchRaw(`${server.url}${HOT}`);
  let made = 0;
  for (const step of steps) {
    await Promise.all(
      TRAFFIC.map(async ({ share, status, isConditional, ...requests }) => {
        const count = Math.round((step - made) * share);
        const headers = isConditional ? { 'if-none-match': etag } : {};
        const { statuses } = await load(server, { ...requests, headers, count, seed: step });
        if (statuses[status] !== count)
          throw new Error(`${requests.path} got other answers than ${status}: ${JSON.stringify(statuses)}`);
      }),
    );
    made = step;
    const heapMiB = await server.collected();
    yield { step, rssMiB: usageOf(server.child).rssMiB, heapMiB };
  }
  await server.stop();
}

/** How fast memory grows in the second half. */
export function growth(rows) {
  const half = rows.slice(Math.floor(rows.length / 2));
  const [rss, heap] = ['rssMiB', 'heapMiB'].map((key) =>
    number(1024 * 1000 * slope(half.map((row) => [row.step, row[key]]))),
  );
  return `Slope over the second half, for every 1,000 requests: RSS ${rss} KiB, used heap ${heap} KiB.`;
}
