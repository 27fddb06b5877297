// Hostile clients of a soak test, beside an honest caller each of whose requests must succeed. They come from addresses of their
// own: 127.0.0.0/8 belongs to this machine as a whole on Linux.
import { setMaxListeners } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PIPELINED_BYTES = 61_440;
const PIPELINED_PATHS = ['/docs/swagger-ui-bundle.js', '/openapi.json', '/instances', '/missing', '/%zz'];

/** How long a hostile client keeps its connections, in milliseconds: longer than the gateway lets an answer wait. */
const HELD_MS = 40_000;

/** How long the honest caller waits between two requests, and for an answer, in milliseconds. */
const HONEST_PAUSE_MS = 20;
const HONEST_ANSWER_WITHIN_MS = 2000;

export class Hostility {
  /** How often each attack happened. */
  happened = { pipeliners: 0, 'slow readers': 0, 'idle connections': 0, guesses: 0, 'shared reads': 0 };
  honest = { all: 0, failed: 0, slowestMs: 0 };
  /** Examples of the honest caller's failures. */
  failures = [];
  #url;
  #keys;
  #path;
  #random;
  #stop = new AbortController();
  #running = [];

  /**
   * @param keys API keys: `honest`, and `greedy` of a caller that asks for what the honest one reads, and for much more
   * @param path what the honest caller reads
   */
  constructor(url, keys, path, random) {
    this.#url = new URL(url);
    this.#keys = keys;
    this.#path = path;
    this.#random = random;
    // Each connection that is held waits for the signal.
    setMaxListeners(0, this.#stop.signal);
  }

  start() {
    this.#running = [
      this.#repeat(1500, () => this.#pipeline()),
      this.#repeat(1000, () => this.#readNothing()),
      this.#repeat(3000, () => this.#flood()),
      this.#repeat(10, () => this.#guess()),
      this.#repeat(50, () => this.#askFirst()),
      this.#readHonestly(),
    ];
  }

  /** Resolves when all connections are closed. */
  async stop() {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  async #repeat(pauseMs, attack) {
    const attacks = [];
    while (await this.#pause(pauseMs)) attacks.push(attack());
    await Promise.all(attacks);
  }

  /** Many requests at once, no answer is read. */
  async #pipeline() {
    this.happened.pipeliners += 1;
    const request = `GET ${this.#random.oneOf(PIPELINED_PATHS)} HTTP/1.1\r\nHost: x\r\n\r\n`;
    await this.#hold('127.0.0.2', request.repeat(Math.ceil(PIPELINED_BYTES / request.length)));
  }

  /** One large answer, which is not read. */
  async #readNothing() {
    this.happened['slow readers'] += 1;
    const request = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n';
    await this.#hold('127.0.0.3', request.repeat(20));
  }

  /** Connections on which nothing is sent. */
  async #flood() {
    this.happened['idle connections'] += 200;
    await Promise.all(Array.from({ length: 200 }, () => this.#hold('127.0.0.4', '')));
  }

  async #guess() {
    this.happened.guesses += 1;
    const headers = { 'x-api-key': `obg_${this.#random.next()}` };
    await this.#request({ headers, localAddress: '127.0.0.5', agent: false }).catch(() => undefined);
  }

  /** A fresh copy of what the honest caller reads, behind many other calls of the same caller. */
  async #askFirst() {
    this.happened['shared reads'] += 1;
    const headers = { 'x-api-key': this.#keys.greedy, 'cache-control': 'no-cache' };
    const others = Array.from({ length: 4 }, () => `/instances/greedy-${this.#random.below(1_000_000)}`);
    const options = { headers, localAddress: '127.0.0.6', agent: false };
    const reads = [...others, this.#path].map((path) => this.#request({ ...options, path }));
    await Promise.allSettled(reads);
  }

  async #readHonestly() {
    const agent = new Agent({ keepAlive: true });
    const headers = { 'x-api-key': this.#keys.honest };
    while (await this.#pause(HONEST_PAUSE_MS)) {
      const startedAt = performance.now();
      const outcome = await this.#request({ headers, agent }).catch(({ message }) => message);
      this.honest.all += 1;
      this.honest.slowestMs = Math.max(this.honest.slowestMs, performance.now() - startedAt);
      if (outcome === 200) continue;
      this.honest.failed += 1;
      if (this.failures.length < 5) this.failures.push(`${new Date().toISOString()} ${outcome}`);
    }
    agent.destroy();
  }

  /** Resolves with the status. */
  #request(options) {
    const { hostname, port } = this.#url;
    return new Promise((resolve, reject) => {
      const request = get({ hostname, port, path: this.#path, ...options }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
        response.once('error', reject);
      });
      request.setTimeout(HONEST_ANSWER_WITHIN_MS, () => request.destroy(new Error('too late')));
      request.once('error', reject);
    });
  }

  /** Opens a connection, sends this, and reads nothing until the gateway closes it. */
  async #hold(localAddress, bytes) {
    const { hostname, port } = this.#url;
    const socket = connect({ host: hostname, port: Number(port), localAddress });
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(bytes);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await Promise.race([closed, this.#pause(HELD_MS)]);
    socket.destroy();
  }

  /** Resolves with true after the time, or at once with false when the test stops. */
  #pause(ms) {
    return sleep(ms, true, { signal: this.#stop.signal }).catch(() => false);
  }
}
