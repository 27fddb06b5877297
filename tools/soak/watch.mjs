// Watches the gateway during a soak test.
import { setTimeout as sleep } from 'node:timers/promises';

import { median, scrape } from './figures.mjs';

const SAMPLE_MS = 2000;
const TELL_MINUTES = 0.5;
const MIB = 2 ** 20;

/** So many requests come before memory is measured first, as what they leave behind is no growth, and so many after that. */
const SETTLING_REQUESTS = 10_000;
export const MEASURED_REQUESTS = 20_000;

/** A run of a minute or more goes on until there were so many requests, but not longer than this many times what was asked. */
const MAX_STRETCH = 3;

/** Memory is measured this many times in the last two thirds of a run. Each time is the median of a few, this far apart. */
const MEASUREMENTS = 4;
const COLLECTIONS = 3;
const COLLECTION_MS = 500;

export class Watch {
  /** Event-loop lag and resident memory as they come. */
  samples = [];
  /** Resident memory without garbage. V8 lets that pile up as long as there is room for it, which says nothing. */
  memory = [];
  timesNotReady = 0;
  minutes = 0;
  #gateway;
  #traffic;
  #asked;

  constructor(gateway, traffic, minutes) {
    this.#gateway = gateway;
    this.#traffic = traffic;
    this.#asked = minutes;
  }

  /** Resolves when the time is over and there were enough requests. */
  async untilEnough() {
    const startedAt = performance.now();
    let toldAt = 0;
    while (!this.#isEnough()) {
      await sleep(SAMPLE_MS);
      this.minutes = (performance.now() - startedAt) / 60_000;
      await this.#sample();
      if (this.#isMeasurementDue()) await this.#measureMemory();
      if (this.minutes - toldAt < TELL_MINUTES) continue;
      toldAt = this.minutes;
      console.log(`${toldAt.toFixed(1)} minutes, ${this.#traffic.requests} requests`);
    }
    await this.#measureMemory();
  }

  async #sample() {
    const metrics = await scrape(this.#gateway.metricsUrl);
    const ready = await fetch(`${this.#gateway.url}/health/ready`, { headers: { connection: 'close' } });
    if (!ready.ok) this.timesNotReady += 1;
    this.samples.push({
      memoryMib: metrics.get('process_resident_memory_bytes') / MIB,
      lagMs: metrics.get('nodejs_eventloop_lag_p99_seconds') * 1000,
    });
  }

  async #measureMemory() {
    const values = [];
    for (let collection = 0; collection < COLLECTIONS; collection += 1) {
      this.#gateway.child.kill('SIGUSR2');
      await sleep(COLLECTION_MS);
      // Whatever the collection did to the event loop is told here too, and so not in the next sample.
      values.push((await scrape(this.#gateway.metricsUrl)).get('process_resident_memory_bytes') / MIB);
    }
    this.memory.push({ minutes: this.minutes, requests: this.#traffic.requests, mib: median(values) });
  }

  #isMeasurementDue() {
    const last = this.memory.at(-1);
    if (last) return this.minutes >= last.minutes + (2 / 3 / MEASUREMENTS) * this.#asked;
    return (
      this.minutes >= this.#asked / 3 && (this.#asked < 1 || this.#traffic.requests >= SETTLING_REQUESTS)
    );
  }

  #isEnough() {
    if (this.minutes < this.#asked) return false;
    if (this.#asked < 1 || this.minutes >= MAX_STRETCH * this.#asked) return true;
    return this.memory.length > 0 && this.#traffic.requests >= this.memory[0].requests + MEASURED_REQUESTS;
  }
}
