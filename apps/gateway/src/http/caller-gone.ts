import type { FastifyReply } from 'fastify';

/** Comes when the connection ends, and so before the answer only if the caller hangs up. */
export function whenCallerGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    gone.abort();
  });
  if (raw.closed) gone.abort();
  return gone.signal;
}
