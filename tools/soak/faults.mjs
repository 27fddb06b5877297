// What goes wrong during a soak test: some of the upstream's answers always, all of them now and then, and Redis.
import { setTimeout as sleep } from 'node:timers/promises';

/** What a part of the upstream's answers comes to; the others are as usual. */
const USUAL_FAULTS = [
  { part: 0.1, fault: () => ({ kind: 'error', code: 'InternalError' }) },
  { part: 0.02, fault: () => ({ kind: 'error', code: 'Throttling.User', retryAfter: '300' }) },
  { part: 0.02, fault: () => ({ kind: 'error', code: 'ServiceUnavailable' }) },
  { part: 0.05, fault: (random) => ({ kind: 'latency', ms: Math.round(random.between(20, 300)) }) },
  {
    part: 0.02,
    fault: (random) => ({ kind: 'compress', coding: random.between(0, 1) < 0.5 ? 'gzip' : 'br' }),
  },
  { part: 0.01, fault: () => ({ kind: 'forget', afterMs: 0 }) },
  { part: 0.005, fault: () => ({ kind: 'reset' }) },
  { part: 0.005, fault: () => ({ kind: 'reset', when: 'mid-body' }) },
  { part: 0.005, fault: () => ({ kind: 'truncate' }) },
  { part: 0.002, fault: () => ({ kind: 'trickle', intervalMs: 10 }) },
  { part: 0.001, fault: () => ({ kind: 'hang' }) },
];

const OUTAGES = [{ kind: 'error', code: 'ServiceUnavailable' }, { kind: 'reset' }, { kind: 'hang' }];

/** How many calls are scripted at a time, and how few of them are left when there are to be more; looked at so often. */
const SCRIPTED_CALLS = 400;
const FEW_CALLS = 250;
const LOOK_MS = 200;

/** How long the gateway may need after a fault: until its breakers have closed and refreshes that waited are made up for. */
const RECOVERY_MS = 3000;

export class Faults {
  /** How often each thing happened, for the report. */
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

  start() {
    this.#running = [this.#keepScript(), this.#goThroughEvents()];
  }

  /** Resolves when everything is as it should be again, and the gateway has had time to notice. */
  async stop() {
    this.#stop.abort();
    await Promise.all(this.#running);
    await this.#steer('DELETE');
    await sleep(RECOVERY_MS);
  }

  /** Whether the upstream was away for all, or the gateway had to recover from it, at some time since then. */
  wereTotalSince(time) {
    return this.#outage || time < this.#recoveredAt;
  }

  /** Has the emulator know what to do with the next few hundred calls. So the share of each fault is exact at any rate. */
  async #keepScript() {
    for (; !this.#stop.signal.aborted; await sleep(LOOK_MS)) {
      if (this.#outage) continue;
      const scripted = await this.#steer('GET');
      const left = scripted.reduce((sum, { remaining }) => sum + remaining, 0);
      if (left < FEW_CALLS && !this.#outage) await this.#steer('POST', this.#script());
    }
  }

  #script() {
    const faults = [];
    for (let call = 0; call < SCRIPTED_CALLS; call += 1) {
      const usual = { kind: 'latency', ms: 0, times: 1 };
      let left = this.#scriptRandom.next();
      const struck = USUAL_FAULTS.find(({ part }) => (left -= part) < 0);
      const last = faults.at(-1);
      if (struck) faults.push({ ...struck.fault(this.#scriptRandom), times: 1 });
      else if (last?.ms === 0) last.times += 1;
      else faults.push(usual);
    }
    return faults;
  }

  /** One after the other in random order, each as often as the others. */
  async #goThroughEvents() {
    const events = [
      ['outages of the upstream', () => this.#breakUpstream()],
      ...(this.#redis
        ? [
            ['deaths of Redis', () => this.#killRedis()],
            ['stalls of Redis', () => this.#stallRedis()],
          ]
        : []),
    ];
    for (;;) {
      for (const [name, happen] of this.#random.shuffled(events)) {
        if (!(await this.#pause(5000, 9000))) return;
        this.happened[name] = (this.happened[name] ?? 0) + 1;
        await happen();
      }
    }
  }

  async #breakUpstream() {
    this.#outage = true;
    await this.#steer('DELETE');
    await this.#steer('POST', this.#random.oneOf(OUTAGES));
    await this.#pause(2000, 4000);
    await this.#steer('DELETE');
    this.#recoveredAt = performance.now() + RECOVERY_MS;
    this.#outage = false;
  }

  async #killRedis() {
    await this.#redis.kill();
    await this.#pause(500, 3000);
    await this.#redis.restart();
  }

  async #stallRedis() {
    this.#redis.pause();
    await this.#pause(500, 3000);
    this.#redis.resume();
  }

  /** False, and at once, when it is time to stop. */
  async #pause(low, high) {
    const ms = this.#random.between(low, high);
    return sleep(ms, true, { signal: this.#stop.signal }).catch(() => false);
  }

  /** One order after the other, as an outage must not come behind a script that was on its way. */
  #steer(method, body) {
    this.#steered = this.#steered.then(() => this.#send(method, body));
    return this.#steered;
  }

  async #send(method, body) {
    const response = await fetch(`${this.#emulatorUrl}/_emulator/faults`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`The emulator did not take a fault: ${await response.text()}`);
    return method === 'GET' ? response.json() : response.arrayBuffer();
  }
}
