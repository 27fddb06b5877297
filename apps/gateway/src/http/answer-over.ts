import type { Socket } from 'node:net';

import type { FastifyInstance, FastifyReply } from 'fastify';

/**
 * Answers callers too who close their side of the connection after the request, as RFC 9112, section 9.6, allows. Node
 * would close the other side at once.
 *
 * Who hangs up altogether looks just the same, until something is sent: see {@link onCallerGone}.
 */
export function answerHalfClosed({ server }: FastifyInstance): void {
  // Neither Node's documentation nor its types have this property, but all its versions do.
  Object.assign(server, { httpAllowHalfOpen: true });
}

/** Calls back when the answer has left or can no longer leave. */
export function onAnswerOver({ raw, request }: FastifyReply, callback: () => void): void {
  const { socket } = request.raw;
  if (raw.closed || socket.destroyed) {
    callback();
    return;
  }
  if (raw.socket !== null) {
    raw.once('close', callback);
    return;
  }
  // A pipelined request that waits for its turn is not told when its connection ends, so that is listened to as well.
  const over = (): void => {
    raw.off('close', over);
    stopListening();
    callback();
  };
  raw.once('close', over);
  const stopListening = closings.listen(socket, over);
}

/**
 * Calls back once, when the caller may have left: it has closed its side of the connection, or the connection is gone, or
 * the answer is over anyway. The answer is still worth sending, but nothing new should be begun for it.
 */
export function onCallerGone(reply: FastifyReply, callback: () => void): void {
  const { socket } = reply.request.raw;
  if (socket.readableEnded) {
    callback();
    return;
  }
  let isOver = false;
  const gone = (): void => {
    if (isOver) return;
    isOver = true;
    stopListening();
    callback();
  };
  const stopListening = endings.listen(socket, gone);
  onAnswerOver(reply, gone);
}

/** Whether the caller had left before its answer was out, or had closed its side of the connection, which looks the same. */
export function hadCallerLeft({ raw, request }: FastifyReply): boolean {
  return !raw.writableFinished || request.raw.socket.readableEnded;
}

/** Those who wait for something to happen to a connection. One listener for all: many requests may wait on a connection. */
class ConnectionEvent {
  private readonly waiting = new WeakMap<Socket, Set<() => void>>();

  constructor(private readonly name: 'end' | 'close') {}

  /** Returns what ends the wait. */
  listen(socket: Socket, callback: () => void): () => void {
    const waiters = this.waitersOn(socket);
    waiters.add(callback);
    return () => waiters.delete(callback);
  }

  private waitersOn(socket: Socket): Set<() => void> {
    const known = this.waiting.get(socket);
    if (known) return known;
    const waiters = new Set<() => void>();
    this.waiting.set(socket, waiters);
    socket.once(this.name, () => {
      for (const callback of waiters) callback();
    });
    return waiters;
  }
}

const closings = new ConnectionEvent('close');
const endings = new ConnectionEvent('end');
