import { Problem } from '@app/problem-details';
import type { FastifyInstance } from 'fastify';

import { isHealthPath } from './health-path.js';
import type { Hooks } from './hooks.js';

/** How often the delay of the event loop is measured, in milliseconds. */
const INTERVAL_MS = 100;

/** The longest delay of the event loop, in milliseconds. Beyond it no answer would come in time. */
const MAX_DELAY_MS = 500;

/** A single long delay may be a pause, for example of the garbage collector. So many in a row are an overload. */
const DELAYS_IN_A_ROW = 3;

/**
 * Rejects requests while the event loop lags. Health routes still answer: restarting the process would not help.
 *
 * Not @fastify/under-pressure: its timer also reads the memory of the process, which throws when the process has no free file
 * descriptor, and an exception in a timer ends the process.
 */
export function shedLoad(server: FastifyInstance, hooks: Hooks): void {
  let measuredAt = performance.now();
  let delays = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    delays = now - measuredAt - INTERVAL_MS > MAX_DELAY_MS ? delays + 1 : 0;
    measuredAt = now;
  }, INTERVAL_MS).unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(timer);
    done();
  });
  hooks.onRequest(({ url }) => {
    if (delays >= DELAYS_IN_A_ROW && !isHealthPath(url)) throw new Problem('overloaded');
  });
}
