import type { Socket } from 'node:net';

import type { FastifyReply } from 'fastify';

/** Who wants to know when a connection ends. One listener for all: any number of requests may wait on a connection. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/** Calls back when the answer has left or can no longer leave. */
export function onAnswerOver({ raw, request }: FastifyReply, callback: () => void): void {
  const { socket } = request.raw;
  if (raw.closed || socket.destroyed) callback();
  else if (raw.socket === null) onTurnOver(raw, socket, callback);
  else raw.once('close', callback);
}

/** A pipelined request that waits for its turn is not told when its connection ends, so that is listened to as well. */
function onTurnOver(response: FastifyReply['raw'], socket: Socket, callback: () => void): void {
  const waiters = waitersOn(socket);
  const over = (): void => {
    response.off('close', over);
    waiters.delete(over);
    callback();
  };
  response.once('close', over);
  waiters.add(over);
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
