import { setTimeout as sleep } from 'node:timers/promises';

/** The memory of the gateway is the median of a few values, each measured this long after a garbage collection. */
const COLLECTIONS = 3;
const COLLECTION_MS = 500;

/** Prometheus' text format as values by series, such as `name{label="value"}`. */
export async function scrape(url) {
  const lines = (await (await fetch(url)).text()).split('\n');
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/**
 * Resident memory in MiB, without garbage. V8 lets garbage grow while there is room, so only memory without garbage
 * shows a leak.
 */
export async function memoryOf({ child, metricsUrl }) {
  const values = [];
  for (let collection = 0; collection < COLLECTIONS; collection += 1) {
    child.kill('SIGUSR2');
    await sleep(COLLECTION_MS);
    values.push((await scrape(metricsUrl)).get('process_resident_memory_bytes') / 2 ** 20);
  }
  return values.sort((a, b) => a - b)[COLLECTIONS >> 1];
}
