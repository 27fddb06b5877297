import { fileURLToPath } from 'node:url';

import { findProgram } from '../tools/support/find-program.mjs';
import { outputOf, start } from './processes.mjs';

const ownFile = (name) => fileURLToPath(new URL(`clients/${name}`, import.meta.url));
const wrk = findProgram('wrk');

/** What makes the load that fills a server: wrk where it is installed, else autocannon. */
export const SATURATOR = wrk === undefined ? 'autocannon' : 'wrk';

/** Keep-alive connections that ask without pause, and calls at once of the bare SDK. */
export const CONNECTIONS = 50;

/**
 * As many requests as the server answers in this time.
 *
 * @param {{ url: string, path: string, unique?: boolean, headers?: object, seconds: number }} options `unique` appends
 *   a number to the path that is never the same twice
 */
export async function saturate({ url, path, unique = false, headers = {}, seconds }) {
  const child =
    wrk === undefined
      ? start(
          'load',
          process.execPath,
          [
            ownFile('autocannon.mjs'),
            JSON.stringify({ url, path, unique, headers, connections: CONNECTIONS, seconds }),
          ],
          CLIENT,
        )
      : start(
          'load',
          wrk,
          [
            ...['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '10s', '-s', ownFile('wrk.lua')],
            ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
            ...[url, '--', path, ...(unique ? ['unique'] : [])],
          ],
          CLIENT,
        );
  const { requests, failed, seconds: took } = resultIn(await outputOf(child));
  return { requests, ok: requests - failed, rps: requests / took };
}

/**
 * Requests at fixed rates, however the server fares, and their latencies in milliseconds from when they were due.
 *
 * @param {object} options see clients/open-loop.mjs
 */
export async function atFixedRate({ url, streams, ...options }) {
  const job = {
    headers: {},
    connections: 256,
    settleMs: 0,
    timeoutMs: 10_000,
    // On time to a fraction of a millisecond, at the price of a busy core; otherwise to about one.
    spin: false,
    ...options,
  };
  const child = start(
    'load',
    process.execPath,
    [ownFile('open-loop.mjs'), JSON.stringify({ url, streams, ...job })],
    CLIENT,
  );
  return resultIn(await outputOf(child));
}

const CLIENT = { output: 'pipe', ipc: false };

function resultIn(output) {
  const line = output.split('\n').find((text) => text.startsWith('RESULT '));
  if (line === undefined) throw new Error(`No result in:\n${output}`);
  return JSON.parse(line.slice('RESULT '.length));
}
