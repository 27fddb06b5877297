import { connect } from 'node:net';

import { findProgram } from '../tools/support/find-program.mjs';
import { freePort } from '../tools/support/free-port.mjs';
import { kill, SCRATCH, startProgram, untilReady } from './processes.mjs';

/** Starts a Redis that writes nothing to disk, on the core of the upstream; undefined if it is not installed. */
export async function startRedis() {
  const program = findProgram('redis-server');
  if (program === undefined) return undefined;
  const port = await freePort();
  const child = startProgram('upstream', [
    ...[program, '--port', String(port), '--bind', '127.0.0.1', '--dir', SCRATCH],
    ...['--save', '', '--appendonly', 'no'],
  ]);
  await untilReady(child, () => accepts(port));
  return {
    child,
    /** @param database replicas share what is in one database */
    url: (database) => `redis://127.0.0.1:${port}/${database}`,
    stop: () => kill(child),
  };
}

/** Whether something accepts connections on this port of 127.0.0.1. */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
