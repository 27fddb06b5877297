import type { FastifyInstance, FastifyReply } from 'fastify';

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

/** Whether the response has been sent, or can no longer be sent. */
export function isResponseClosed({ raw, request }: FastifyReply): boolean {
  return raw.closed || request.raw.socket.destroyed;
}

/** Calls back when the response has been sent, or can no longer be sent. */
export function onResponseClosed(reply: FastifyReply, callback: () => void): void {
  if (isResponseClosed(reply)) callback();
  else reply.raw.once('close', callback);
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
    socket.off('end', gone);
    callback();
  };
  socket.on('end', gone);
  onResponseClosed(reply, gone);
}

/** Whether the caller left before its response was complete, or closed its sending side, which looks the same. */
export function hadCallerLeft({ raw, request }: FastifyReply): boolean {
  return !raw.writableFinished || request.raw.socket.readableEnded;
}
