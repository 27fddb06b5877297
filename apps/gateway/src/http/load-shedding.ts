import { monitorEventLoopDelay } from 'node:perf_hooks';

import { Problem } from '@app/problem-details';
import type { FastifyInstance } from 'fastify';

import type { Hooks } from './hooks.js';

/** The highest mean delay of the event loop, in milliseconds. Beyond it no answer would come in time. */
const MAX_EVENT_LOOP_DELAY_MS = 500;

/** Over which time the mean is taken, in milliseconds. */
const INTERVAL_MS = 1000;

/** How often Node measures the delay, in milliseconds. Its figures contain this time. */
const RESOLUTION_MS = 10;

/**
 * Rejects requests while the event loop lags. Health routes still answer: restarting the process would not help.
 *
 * Not @fastify/under-pressure: its timer also reads the memory of the process, which throws when the process has no free file
 * descriptor, and an exception in a timer ends the process.
 */
export function shedLoad(server: FastifyInstance, hooks: Hooks): void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let isOverloaded = false;
  const timer = setInterval(() => {
    // NaN if there was no sample.
    isOverloaded = delays.mean / 1e6 - RESOLUTION_MS > MAX_EVENT_LOOP_DELAY_MS;
    delays.reset();
  }, INTERVAL_MS).unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(timer);
    delays.disable();
    done();
  });
  hooks.onRequest(({ url }) => {
    if (isOverloaded && !url.startsWith('/health/')) throw new Problem('overloaded');
  });
}
