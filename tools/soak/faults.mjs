// The faults of a soak test: some upstream calls fail at any time, the whole upstream fails from time to time, and
// Redis is killed or paused.
import { setTimeout as sleep } from 'node:timers/promises';

/** The share of the upstream calls that get each fault. */
const CALL_FAULTS = [
  { part: 0.1, fault: () => ({ kind: 'error', code: 'InternalError' }) },
  { part: 0.02, fault: () => ({ kind: 'error', code: 'Throttling.User', retryAfter: '300' }) },
  { part: 0.02, fault: () => ({ kind: 'error', code: 'ServiceUnavailable' }) },
  { part: 0.05, fault: (random) => ({ kind: 'latency', ms: Math.round(random.between(20, 300)) }) },
  { part: 0.02, fault: (random) => ({ kind: 'compress', coding: random.oneOf(['gzip', 'br']) }) },
  { part: 0.01, fault: () => ({ kind: 'forget', afterMs: 0 }) },
  { part: 0.005, fault: () => ({ kind: 'reset' }) },
  { part: 0.005, fault: () => ({ kind: 'reset', when: 'mid-body' }) },
  { part: 0.005, fault: () => ({ kind: 'truncate' }) },
  { part: 0.002, fault: () => ({ kind: 'trickle', intervalMs: 10 }) },
  { part: 0.001, fault: () => ({ kind: 'hang' }) },
];

const OUTAGES = [{ kind: 'error', code: 'ServiceUnavailable' }, { kind: 'reset' }, { kind: 'hang' }];

/** How many faults are added to the queue of the emulator when few are left: one for each of its next calls. */
const SCRIPTED_CALLS = 400;
const FEW_CALLS = 250;
const POLL_MS = 200;

/** Time for the breaker to close after an outage. It is longer than the gateway's deadline. */
const RECOVERY_MS = 3000;

export class Faults {
  /** How often each event happened. */
  happened = {};
  #emulatorUrl;
  #redis;
  #random;
  #scriptRandom;
  #outage = false;
  #recoveredAt = -Infinity;
  #stop = new AbortController();
  #running = [];
  #steered = Promise.resolve();

  constructor(emulatorUrl, redis, random) {
    this.#emulatorUrl = emulatorUrl;
    this.#redis = redis;
    this.#random = random.fork();
    this.#scriptRandom = random.fork();
  }

  /** Whether the upstream fails, or the gateway is still recovering from the failure. */
  get isOutage() {
    return this.#outage || performance.now() < this.#recoveredAt;
  }

  start() {
    this.#running = [this.#scriptCalls(), this.#causeEvents()];
  }

  /** Resolves when the upstream and Redis work again, and the gateway has had time to notice. */
  async stop() {
    this.#stop.abort();
    await Promise.all(this.#running);
    await this.#steer('DELETE');
    await sleep(RECOVERY_MS);
  }

  async #scriptCalls() {
    for (; !this.#stop.signal.aborted; await sleep(POLL_MS)) {
      if (this.#outage) continue;
      const scripted = await this.#steer('GET');
      const left = scripted.reduce((sum, { remaining }) => sum + remaining, 0);
      if (left < FEW_CALLS && !this.#outage) await this.#steer('POST', this.#script());
    }
  }

  #script() {
    return Array.from({ length: SCRIPTED_CALLS }, () => {
      let left = this.#scriptRandom.next();
      const drawn = CALL_FAULTS.find(({ part }) => (left -= part) < 0);
      return { ...(drawn?.fault(this.#scriptRandom) ?? { kind: 'latency', ms: 0 }), times: 1 };
    });
  }

  async #causeEvents() {
    const redis = this.#redis;
    const outage = { name: 'outages', start: () => this.#startOutage(), end: () => this.#endOutage() };
    const events = redis
      ? [
          outage,
          { name: 'deaths of Redis', start: () => redis.kill(), end: () => redis.restart() },
          { name: 'stalls of Redis', start: () => redis.pause(), end: () => redis.resume() },
        ]
      : [outage];
    // The events happen in turn, beginning with a random one, so that each happens equally often.
    for (let next = this.#random.below(events.length); await this.#pause(5000, 9000); next += 1) {
      const { name, start, end } = events[next % events.length];
      this.happened[name] = (this.happened[name] ?? 0) + 1;
      await start();
      await this.#pause(1000, 4000);
      await end();
    }
  }

  async #startOutage() {
    this.#outage = true;
    await this.#steer('DELETE');
    await this.#steer('POST', this.#random.oneOf(OUTAGES));
  }

  async #endOutage() {
    await this.#steer('DELETE');
    this.#recoveredAt = performance.now() + RECOVERY_MS;
    this.#outage = false;
  }

  /** Resolves with true after a random time, or at once with false when the test stops. */
  async #pause(low, high) {
    return sleep(this.#random.between(low, high), true, { signal: this.#stop.signal }).catch(() => false);
  }

  /** Sends one request at a time: faults that are still being sent must not undo an outage. */
  #steer(method, body) {
    this.#steered = this.#steered.then(() => this.#send(method, body));
    return this.#steered;
  }

  async #send(method, body) {
    const response = await fetch(`${this.#emulatorUrl}/_emulator/faults`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`The emulator refused a fault: ${await response.text()}`);
    return method === 'GET' ? response.json() : response.arrayBuffer();
  }
}
