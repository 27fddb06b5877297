import type { Socket } from 'node:net';

import type { FastifyReply } from 'fastify';

/** Who wants to know when a connection ends. One listener for all: any number of requests may wait on a connection. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls back when the answer has left or can no longer leave. A pipelined request that waits for its turn is not told
 * when its connection ends, so there the connection is listened to as well.
 */
export function onAnswerOver({ raw, request }: FastifyReply, callback: () => void): void {
  const { socket } = request.raw;
  if (raw.closed || socket.destroyed) {
    callback();
    return;
  }
  const over = (): void => {
    raw.off('close', over);
    waiting.get(socket)?.delete(over);
    callback();
  };
  raw.once('close', over);
  if (raw.socket === null) waitersOn(socket).add(over);
}

function waitersOn(socket: Socket): Set<() => void> {
  const known = waiting.get(socket);
  if (known) return known;
  const waiters = new Set<() => void>();
  waiting.set(socket, waiters);
  socket.once('close', () => {
    for (const over of waiters) over();
  });
  return waiters;
}
