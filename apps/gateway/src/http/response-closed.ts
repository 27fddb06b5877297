import type { Socket } from 'node:net';

import type { FastifyInstance, FastifyReply } from 'fastify';

import type { Hooks } from './hooks.js';

/**
 * Answers also a caller that closes its sending side after the request, which RFC 9112, section 9.6, allows. By default
 * Node would close the whole connection at once.
 *
 * Until something is sent, this caller cannot be distinguished from a caller that has left: see {@link onCallerGone}.
 */
export function answerHalfClosed({ server }: FastifyInstance): void {
  // All supported Node versions have this property, although neither their documentation nor their types mention it.
  Object.assign(server, { httpAllowHalfOpen: true });
}

/**
 * Drops requests that can get no answer: their connection is closed, or is being closed after an earlier answer. They were
 * sent without waiting for that answer.
 */
export function dropUnanswerable(hooks: Hooks): void {
  hooks.onRequest(({ raw: { socket } }) => !socket.destroyed && !socket.writableEnded);
}

/** Calls back when the response has been sent, or can no longer be sent. */
export function onResponseClosed({ raw, request }: FastifyReply, callback: () => void): void {
  const { socket } = request.raw;
  if (raw.closed || socket.destroyed) {
    callback();
    return;
  }
  if (raw.socket !== null) {
    raw.once('close', callback);
    return;
  }
  // A pipelined response that waits behind another one gets no event when the connection closes, so this listens to the
  // response and to the connection.
  const closed = (): void => {
    raw.off('close', closed);
    stopListening();
    callback();
  };
  raw.once('close', closed);
  const stopListening = socketClosed.listen(socket, closed);
}

/**
 * Calls back once when the caller may have left: it has closed its sending side, the connection is gone, or the response
 * is closed. The response is still worth sending, but no new work should begin for it.
 */
export function onCallerGone(reply: FastifyReply, callback: () => void): void {
  const { socket } = reply.request.raw;
  if (socket.readableEnded) {
    callback();
    return;
  }
  let isGone = false;
  const gone = (): void => {
    if (isGone) return;
    isGone = true;
    stopListening();
    callback();
  };
  const stopListening = socketEnded.listen(socket, gone);
  onResponseClosed(reply, gone);
}

/** Whether the caller left before its response was complete, or closed its sending side, which looks the same. */
export function hadCallerLeft({ raw, request }: FastifyReply): boolean {
  return !raw.writableFinished || request.raw.socket.readableEnded;
}

/** One listener on each connection for all of its requests: Node warns of a leak beyond ten listeners. */
class SocketEvent {
  private readonly callbacks = new WeakMap<Socket, Set<() => void>>();

  constructor(private readonly name: 'end' | 'close') {}

  /** Returns a function that removes the callback. */
  listen(socket: Socket, callback: () => void): () => void {
    const callbacks = this.callbacksOf(socket);
    callbacks.add(callback);
    return () => callbacks.delete(callback);
  }

  private callbacksOf(socket: Socket): Set<() => void> {
    const known = this.callbacks.get(socket);
    if (known) return known;
    const callbacks = new Set<() => void>();
    this.callbacks.set(socket, callbacks);
    socket.once(this.name, () => {
      for (const callback of callbacks) callback();
    });
    return callbacks;
  }
}

const socketClosed = new SocketEvent('close');
const socketEnded = new SocketEvent('end');
