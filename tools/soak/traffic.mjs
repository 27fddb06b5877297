// The callers of a soak test: workers that send a request, wait for the answer, check it, and pause for a moment.
import { Agent, request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import { Answers } from './answers.mjs';
import { drawRequest } from './requests.mjs';

export const WORKERS = 24;

/** The longest pause of a worker. */
const PAUSE_MS = 40;

/** The longest wait for an answer. The gateway must answer sooner. */
const ANSWER_WITHIN_MS = 10_000;

export class Traffic {
  requests = 0;
  answers;
  #url;
  #keys;
  #random;
  #agent = new Agent({ keepAlive: true });
  #isStopping = false;
  #running = [];

  /** @param keys API keys by name: one for each worker, and `limited` */
  constructor(url, keys, faults, random) {
    this.#url = new URL(url);
    this.#keys = keys;
    this.#random = random;
    this.answers = new Answers(faults);
  }

  start() {
    this.#running = Array.from({ length: WORKERS }, (_, number) => this.#work(`worker-${number}`));
  }

  /** Resolves when all answers have arrived and all connections are closed. */
  async stop() {
    this.#isStopping = true;
    await Promise.all(this.#running);
    this.#agent.destroy();
  }

  async #work(key) {
    const random = this.#random.fork();
    while (!this.#isStopping) {
      await this.#exchange({ key, ...drawRequest(random) });
      await sleep(random.between(0, PAUSE_MS));
    }
  }

  async #exchange(request) {
    this.requests += 1;
    const headers = {
      'x-api-key': this.#keys[request.key],
      'x-request-id': `soak-${this.requests}`,
      ...(request.conditional ? this.answers.condition(request.reads.name) : {}),
      ...request.headers,
    };
    const answer = await this.#send({ ...request, headers }).catch((error) => ({ error }));
    if (!request.hangsUp) this.answers.check({ ...request, headers }, answer);
  }

  #send({ method = 'GET', path, headers, ownConnection, hangsUp, hangsUpAfterMs }) {
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#url;
      const agent = ownConnection ? false : this.#agent;
      const request = httpRequest({ hostname, port, method, path, headers, agent });
      const endsAfterMs = hangsUp ? hangsUpAfterMs : ANSWER_WITHIN_MS;
      const timer = setTimeout(() => request.destroy(new Error('too late')), endsAfterMs);
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
}
