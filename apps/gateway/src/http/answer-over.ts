import type { FastifyReply } from 'fastify';

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
    socket.off('close', over);
    callback();
  };
  raw.once('close', over);
  if (raw.socket === null) socket.once('close', over);
}
