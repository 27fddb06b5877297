// The callers of a soak test, as workers that each wait for an answer, check it, and think for a moment.
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import { Verdicts } from './answers.mjs';
import { hotIds } from './instances.mjs';
import { anyRequest, readingOf } from './scenarios.mjs';

export const WORKERS = 24;

/** How long a worker thinks at most, in milliseconds. */
const THINK_MS = 40;

/** Longer than the gateway may take for anything, in milliseconds. */
const ANSWER_WITHIN_MS = 10_000;

/** More requests than a caller has in a second, sent so often, by so many at once. */
const BURST = { requests: 150, everyMs: 10_000, lanes: 5 };

/** Silent, unfinished and unread connections: how many at once, and how long their owner keeps one at most. */
const LAZY = { connections: 12, keptMs: 20_000 };
const LAZY_BYTES = [
  '',
  'GET /instances/hot-1 HTT',
  'GET /docs HTTP/1.1\r\nHost: gateway\r\n',
  'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: gateway\r\n\r\n'.repeat(4),
];

export class Traffic {
  requests = 0;
  hungUp = 0;
  lazy = 0;
  durationsMs = [];
  verdicts;
  #url;
  #keys;
  #random;
  #agent = new Agent({ keepAlive: true });
  #stop = new AbortController();
  #running = [];

  /**
   * @param url where the gateway is
   * @param keys API keys by name: one for each worker, `greedy` and `limited`
   * @param problems the error codes that there are, with their statuses
   * @param faults says whether the upstream was away for all
   */
  constructor({ url, keys, problems, faults, random }) {
    this.#url = new URL(url);
    this.#keys = keys;
    this.#random = random;
    this.verdicts = new Verdicts(problems, faults);
  }

  /** @param isRude whether there are also those who ask too often and those who hold connections for nothing */
  start({ isRude }) {
    this.#running = Array.from({ length: WORKERS }, (_, number) => this.#work(`worker-${number}`));
    if (isRude) this.#running.push(this.#askTooOften(), this.#holdConnections());
  }

  /** Resolves when every answer is there and every connection closed. */
  async stop() {
    this.#stop.abort();
    await Promise.all(this.#running);
    this.#agent.destroy();
  }

  /** Reads all that is hot once. */
  async warmUp() {
    for (const id of hotIds) await this.#ask({ ...readingOf(id), key: 'worker-0' });
  }

  async #work(name) {
    const random = this.#random.fork();
    while (!this.#stop.signal.aborted) {
      await this.#ask({ key: name, ...anyRequest(random) });
      await sleep(random.between(0, THINK_MS));
    }
  }

  async #askTooOften() {
    while (await this.#pause(BURST.everyMs)) {
      const lane = async () => {
        for (let sent = 0; sent < BURST.requests / BURST.lanes; sent += 1) {
          await this.#ask({ ...readingOf(hotIds[0]), statuses: [200, 429], key: 'greedy' });
        }
      };
      await Promise.all(Array.from({ length: BURST.lanes }, lane));
    }
  }

  async #holdConnections() {
    const random = this.#random.fork();
    const sockets = new Set();
    while (await this.#pause(random.between(500, 2000))) {
      if (sockets.size >= LAZY.connections) continue;
      const socket = connect(Number(this.#url.port), this.#url.hostname).pause();
      socket.write(random.oneOf(LAZY_BYTES));
      sockets.add(socket);
      this.lazy += 1;
      const timer = setTimeout(() => socket.destroy(), random.between(0, LAZY.keptMs));
      // The gateway may cut it before; that is its good right.
      socket.on('error', () => {});
      socket.once('close', () => {
        clearTimeout(timer);
        sockets.delete(socket);
      });
    }
    for (const socket of sockets) socket.destroy();
  }

  async #ask(asked) {
    this.requests += 1;
    const startedAt = performance.now();
    const headers = {
      'x-api-key': this.#keys[asked.key],
      'x-request-id': `soak-${this.requests}`,
      ...(asked.conditional ? this.verdicts.condition(asked.id) : {}),
      ...asked.headers,
    };
    const answer = await this.#send({ ...asked, headers }).catch((error) => ({ error }));
    if (asked.hangsUp) {
      this.hungUp += 1;
      return;
    }
    const endedAt = performance.now();
    this.durationsMs.push(endedAt - startedAt);
    this.verdicts.judge({ ...asked, headers, startedAt }, answer);
  }

  #send({ method = 'GET', path, headers, ownConnection, hangsUpAfterMs }) {
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#url;
      const request = httpRequest({
        ...{ hostname, port, method, path, headers, agent: ownConnection ? false : this.#agent },
      });
      const timer = setTimeout(
        () => request.destroy(new Error('too late')),
        hangsUpAfterMs ?? ANSWER_WITHIN_MS,
      );
      request.once('close', () => clearTimeout(timer));
      request.on('error', reject);
      request.on('response', (response) => {
        buffer(response).then(
          (body) => resolve({ status: response.statusCode, headers: response.headers, body }),
          reject,
        );
      });
      request.end();
    });
  }

  async #pause(ms) {
    return sleep(ms, true, { signal: this.#stop.signal }).catch(() => false);
  }
}
